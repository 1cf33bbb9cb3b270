/** How much a reservation may hold: pure. */
import type { Amounts, LimitRefusal, SpendScopes } from '../budgets.port.ts'
import { byScope, type LimitState, limitsOfScopes, refusalsOf, scopesIn } from '../budgets.rules.ts'
import type { ReservationRequest } from '../budgets.types.ts'
import { no_amounts, plus, times } from './amounts.ts'

/** A reservation holds at most this part (1/16) of the room that any limit has left, so that others find some. */
const room_share = 16

export interface CallGrants {
  /** For how many calls like the request's `each` it holds. */
  readonly more: number
  /** By the ids of calls. */
  readonly refusals: ReadonlyMap<string, LimitRefusal>
}

/** Admits the calls of all requests in their order; the spare amounts come out of the rest of the room. */
export function grantReservations(
  requests: readonly ReservationRequest[],
  limitState: LimitState,
): readonly CallGrants[] {
  const candidates = requests.flatMap((request) =>
    request.calls.map(({ id, held }) => ({ ...scopesIn(request), ...held, id, request })),
  )
  const outcomes = refusalsOf(candidates, limitState)
  const rooms = createRooms(limitState)
  const refusals = new Map(requests.map((request) => [request, new Map<string, LimitRefusal>()]))
  for (const [index, candidate] of candidates.entries()) {
    const refusal = outcomes[index]
    if (refusal) refusals.get(candidate.request)?.set(candidate.id, refusal)
    else rooms.take(candidate, candidate)
  }
  return requests.map((request) => {
    const ownRefusals = refusals.get(request) ?? new Map<string, LimitRefusal>()
    const more = Math.min(ownRefusals.size > 0 ? 0 : request.more, rooms.callsAhead(request, request.each))
    rooms.take(request, times(request.each, more))
    return { more, refusals: ownRefusals }
  })
}

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
      return [{ limit, key, taken: takenByKey.get(key) ?? no_amounts }]
    })
  return {
    take(scopes: SpendScopes, amounts: Amounts): void {
      for (const { key, taken } of takenByLimit(scopes)) takenByKey.set(key, plus(taken, amounts))
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
