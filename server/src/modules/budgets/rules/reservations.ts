/** How much a reservation may hold: pure. */
import type { Amounts, Refusal, SpendScopes } from '../budgets.port.ts'
import { admitCandidates, type Balance, byScope, type Limit, limitsOfScopes } from '../budgets.rules.ts'
import type { ReservationAsk } from '../calls.port.ts'

/** A reservation holds at most this part (1/16) of the room that any limit has left, so that others find some. */
const room_share = 16

export interface CallGrants {
  /** For how many calls like the request's `each` it holds. */
  readonly more: number
  readonly refusals: ReadonlyMap<string, Refusal>
}

interface LimitState {
  readonly limits: readonly Limit[]
  readonly balances: readonly Balance[]
}

/** Admits the calls of all requests in their order; the spare amounts come out of the rest of the room. */
export function grantReservations(asks: readonly ReservationAsk[], limitState: LimitState): readonly CallGrants[] {
  const candidates = asks.flatMap((ask) =>
    ask.calls.map((call) => ({ ...scopesIn(ask), ...call, task_id: call.call_id })),
  )
  const { admitted, refusals } = admitCandidates(candidates, limitState)
  const refusalByCallId = new Map(refusals.map((refusal) => [refusal.task_id, refusal]))
  const rooms = createRooms(limitState)
  for (const candidate of candidates) if (admitted.has(candidate.task_id)) rooms.take(candidate, candidate)
  return asks.map((ask) => {
    const ownRefusals = ask.calls.flatMap(({ call_id }) => {
      const refusal = refusalByCallId.get(call_id)
      return refusal ? [[call_id, refusal] as const] : []
    })
    const requestedMore = ownRefusals.length > 0 ? 0 : ask.more
    const more = Math.min(requestedMore, rooms.callsAhead(ask, ask.each))
    rooms.take(ask, times(ask.each, more))
    return { more, refusals: new Map(ownRefusals) }
  })
}

export const times = ({ cost_micro_usd, tokens }: Amounts, count: number): Amounts => ({
  cost_micro_usd: cost_micro_usd * count,
  tokens: tokens * count,
})

/** The room left under each limit while it is being taken. */
function createRooms({ limits, balances }: LimitState) {
  const by_scope = byScope(limits)
  const takenByKey = new Map(
    balances.map(({ limit_id, goal_id, held_micro_usd, used_micro_usd, held_tokens, used_tokens }) => [
      `${limit_id} ${goal_id}`,
      { cost_micro_usd: held_micro_usd + used_micro_usd, tokens: held_tokens + used_tokens },
    ]),
  )
  const takenByLimit = (scopes: SpendScopes) =>
    limitsOfScopes(scopes, by_scope).flatMap(({ limit, goal_id }) => {
      if (goal_id === undefined) return []
      const key = `${limit.limit_id} ${goal_id}`
      return [{ limit, key, taken: takenByKey.get(key) ?? { cost_micro_usd: 0, tokens: 0 } }]
    })
  return {
    take(scopes: SpendScopes, { cost_micro_usd, tokens }: Amounts): void {
      for (const one of takenByLimit(scopes))
        takenByKey.set(one.key, {
          cost_micro_usd: one.taken.cost_micro_usd + cost_micro_usd,
          tokens: one.taken.tokens + tokens,
        })
    },
    callsAhead: (scopes: SpendScopes, each: Amounts): number =>
      Math.min(
        ...takenByLimit(scopes).flatMap(({ limit, taken: takenAmounts }) => [
          callsIn(limit.cost_micro_usd, takenAmounts.cost_micro_usd, each.cost_micro_usd),
          callsIn(limit.tokens, takenAmounts.tokens, each.tokens),
        ]),
        Number.MAX_SAFE_INTEGER,
      ),
  }
}

function callsIn(limit: number | null, takenAmount: number, each: number): number {
  if (limit === null) return Number.MAX_SAFE_INTEGER
  const room = limit - takenAmount
  if (room < 0) return 0
  return each === 0 ? Number.MAX_SAFE_INTEGER : Math.floor(room / room_share / each)
}

export function scopesIn({ organization_id, project_id, goal_id, agent_id }: SpendScopes): SpendScopes {
  return { organization_id, project_id, goal_id, agent_id }
}
