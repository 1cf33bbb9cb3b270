/** Writes a usage batch: all attempts that began or ended since the last one, in one transaction. */
import type { EngineTx } from '../../../platform/db/db.ts'
import { commitKillPoints } from '../../../platform/kill-points.ts'
import type { Settlement } from '../budgets.port.ts'
import type { CallsPort, KeptCall, SpentCall } from '../calls.port.ts'
import type { Reservation } from '../rules/reservation-pool.ts'
import { attemptsStore, type ChargedAttempt, type EndedAttempt, type NewAttempt } from '../../gateway/store/attempts.store.ts'

const chargeKillPoint = commitKillPoints('gateway.charge')

export interface UsageBatchOptions {
  readonly budgets: { readonly calls: Pick<CallsPort, 'open' | 'account'> }
}

/** An attempt on its way into the database. */
export interface Entry {
  readonly attempt: NewAttempt
  readonly reservation: Reservation
  readonly begun_at: number
  /** young: in memory only; live: written as such. */
  state: 'young' | 'writing' | 'live'
  ended: EndedAttempt | undefined
  /** Its unused part of the reservation was released. */
  given_back: boolean
}

export interface UsageBatch {
  /** Ended before they were written. */
  readonly spent: readonly Entry[]
  /** Not ended: they are written as live by this batch. */
  readonly kept: readonly Entry[]
  /** Ended after they were written as live. */
  readonly finished: readonly Entry[]
  readonly closed: readonly Reservation[]
  readonly now: number
}

/** Returns the reservations that had been charged as lost: they have paid for their calls. */
export async function writeUsageBatch(
  { budgets: { calls } }: UsageBatchOptions,
  tx: EngineTx,
  batch: UsageBatch,
): Promise<{ readonly gone: ReadonlySet<string> }> {
  chargeKillPoint(tx)
  const reservations = new Map(
    [...batch.spent, ...batch.kept].map(({ reservation }) => [reservation.reservation_id, refOf(reservation)]),
  )
  const openReservationIds = await calls.open(tx, [...reservations.values()])
  const isOpen = ({ reservation }: Entry): boolean => openReservationIds.has(reservation.reservation_id)
  const keptEntries = batch.kept.filter(isOpen)
  const over = batch.spent.map((entry) => endedOf(entry, isOpen(entry)))
  const finishedAttempts = batch.finished.flatMap(({ ended }) => ended ?? [])
  // The batch of a transaction whose commit was not confirmed is written again: rows that exist are left out.
  const [new_spent, new_kept, chargedAttempts] = await Promise.all([
    over.length > 0 ? attemptsStore.insertEnded(tx, over) : [],
    keptEntries.length > 0
      ? attemptsStore.insert(
          tx,
          keptEntries.map((entry) => begunOf(entry, batch.now)),
        )
      : [],
    finishedAttempts.length > 0 ? attemptsStore.end(tx, finishedAttempts) : [],
  ])
  const newIds = new Set([...new_spent, ...new_kept])
  const isFresh = ({ attempt }: Entry): boolean => newIds.has(attempt.id)
  await calls.account(tx, {
    spent: batch.spent.filter((entry) => isOpen(entry) && isFresh(entry)).flatMap(spentOf),
    kept: keptEntries.filter(isFresh).map(keptOf),
    ...endings(chargedAttempts, new Map(finishedAttempts.map((endedAttempt) => [endedAttempt.id, endedAttempt]))),
    closed: batch.closed.map(refOf),
  })
  return { gone: new Set([...reservations.keys()].filter((id) => !openReservationIds.has(id))) }
}

const refOf = ({ reservation_id, scopes: { organization_id } }: Reservation) => ({ organization_id, reservation_id })
const begunOf = ({ attempt, begun_at }: Entry, now: number) => ({ ...attempt, age_ms: Math.round(now - begun_at) })

function endedOf({ attempt, ended }: Entry, isOpen: boolean) {
  if (!ended) throw new Error('invariant broken: an attempt is spent that has not ended')
  return { ...attempt, ...ended, ...(isOpen ? {} : { cost_micro_usd: 0, charged_tokens: 0 }), age_ms: ended.total_ms }
}

function spentOf({ attempt, reservation, ended }: Entry): SpentCall[] {
  if (!ended) return []
  const { organization_id, project_id, goal_id, agent_id, task_id, id: call_id, held_micro_usd, held_tokens } = attempt
  const { usage_known, cost_micro_usd, charged_tokens } = ended
  const used = { cost_micro_usd, tokens: charged_tokens }
  const held = { cost_micro_usd: held_micro_usd, tokens: held_tokens }
  const { reservation_id } = reservation
  return [{ organization_id, project_id, goal_id, agent_id, task_id, reservation_id, call_id, held, used, usage_known }]
}

function keptOf({ attempt, reservation: { reservation_id } }: Entry): KeptCall {
  const { organization_id, id: call_id, held_micro_usd: cost_micro_usd, held_tokens: tokens } = attempt
  return { organization_id, reservation_id, call_id, cost_micro_usd, tokens }
}

/** Turns the holds of attempts that were live into charges, or releases them where nothing was used. */
function endings(chargedAttempts: readonly ChargedAttempt[], endedById: ReadonlyMap<string, EndedAttempt>) {
  const costs = ({ id }: ChargedAttempt): boolean => {
    const { usage_known = false, cost_micro_usd = 0, charged_tokens = 0 } = endedById.get(id) ?? {}
    return !usage_known || cost_micro_usd > 0 || charged_tokens > 0
  }
  const free = chargedAttempts.filter((attempt) => !costs(attempt))
  return {
    settled: chargedAttempts.filter(costs).map((attempt) => settlementOf(attempt, endedById.get(attempt.id))),
    released: free.map(({ organization_id, id }) => ({ organization_id, run_id: id })),
  }
}

/** Without a known usage the charge is what was held, whether or not a limit made anybody write the hold down. */
export function settlementOf(attempt: ChargedAttempt, endedAttempt: EndedAttempt | undefined): Settlement {
  const { id, organization_id, project_id, goal_id, agent_id, task_id, held_micro_usd, held_tokens } = attempt
  const held = { cost_micro_usd: held_micro_usd, tokens: held_tokens }
  const usage = endedAttempt?.usage_known
    ? { cost_micro_usd: endedAttempt.cost_micro_usd, tokens: endedAttempt.charged_tokens }
    : undefined
  const scopes = { organization_id, project_id, goal_id, agent_id }
  return { ...scopes, run_id: id, task_id, source: 'call', held, usage }
}
