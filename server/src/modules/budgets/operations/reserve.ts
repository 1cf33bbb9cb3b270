import type { EngineTx } from '../../../platform/db/db.ts'
import type { Amounts } from '../budgets.port.ts'
import { byScope, type Limit } from '../budgets.rules.ts'
import { budgetsStore } from '../store/holds.store.ts'
import type { BalanceChange, ChargeRow, LimitRow } from '../budgets.types.ts'
import type {
  CallEntries,
  CallsPort,
  LostReservation,
  ReservationAsk,
  ReservationGrant,
  ReservationRef,
  SpentCall,
} from '../calls.port.ts'
import { balancesOf, changesOf, distinctScopes, spends } from '../rules/balances.ts'
import { type CallGrants, grantReservations, scopesIn, times } from '../rules/reservations.ts'
import { type NewReservation, type ReservationRow, reservationsStore } from '../store/reservations.store.ts'
import type { ChangeBalances } from '../change-balances.service.ts'
import { settleHolds } from './settle.ts'

/** Reservations for calls of models, and their charges in batches (`CallsPort`). */
export function createCalls(change: ChangeBalances): CallsPort {
  return {
    reserve: (tx, asks) => reserve(change, tx, asks),
    open: async (tx, reservations) =>
      new Set(reservations.length > 0 ? await reservationsStore.lock(tx, reservations) : []),
    account: (tx, entries) => account(change, tx, entries),
    lose: (tx, limit) => lose(change, tx, limit),
  }
}

async function reserve(
  change: ChangeBalances,
  tx: EngineTx,
  asks: readonly ReservationAsk[],
): Promise<readonly ReservationGrant[]> {
  const scopes = distinctScopes(asks)
  const goal_ids = [...new Set(asks.flatMap(({ goal_id }) => goal_id ?? []))]
  // The budget version is read first: a change meanwhile waits for the lock, and at worst the reservation is void at
  // once.
  const [budget_version, lockedLimits, balances] = await Promise.all([
    reservationsStore.budget_version(tx, [...new Set(asks.map(({ organization_id }) => organization_id))]),
    budgetsStore.lock(tx, scopes),
    budgetsStore.balances(tx, scopes, goal_ids),
  ])
  const limits = lockedLimits.map((limit): Limit => ({ ...limit, live_runs: null, live: 0 }))
  const grants = grantReservations(asks, { limits, balances })
  const by_scope = byScope(lockedLimits)
  const reservations = asks.flatMap((ask, index) => reservationOf(ask, grants[index], by_scope))
  await change(
    tx,
    reservations.flatMap((reservation) => changesOf(reservation, { held: 1, used: 0 })),
  )
  if (reservations.length > 0) await reservationsStore.insert(tx, reservations)
  const elsewhere = await heldElsewhere(tx, asks, grants)
  const version_by_organization = new Map(budget_version.map((row) => [row.organization_id, row.budget_version]))
  return asks.map((ask, index) => ({
    reservation_id: ask.reservation_id,
    budget_version: version_by_organization.get(ask.organization_id) ?? '',
    spare: times(ask.each, grants[index]?.more ?? 0),
    refusals: new Map(
      [...(grants[index]?.refusals ?? [])].map(([call_id, refusal]) => [
        call_id,
        { ...refusal, may_come_back: elsewhere.has(refusal.limit_id) },
      ]),
    ),
  }))
}

/** The whole hold of one request; nothing where all its calls were refused. */
function reservationOf(
  ask: ReservationAsk,
  grant: CallGrants | undefined,
  by_scope: ReadonlyMap<string, readonly LimitRow[]>,
): readonly NewReservation[] {
  const admittedCalls = ask.calls.filter(({ call_id }) => !grant?.refusals.has(call_id))
  const amounts = [...admittedCalls, times(ask.each, grant?.more ?? 0)]
  if (admittedCalls.length === 0 && !grant?.more) return []
  const { reservation_id, process_id } = ask
  return [{ ...scopesIn(ask), reservation_id, process_id, ...total(amounts), balances: balancesOf(ask, by_scope) }]
}

async function heldElsewhere(
  tx: EngineTx,
  asks: readonly ReservationAsk[],
  grants: readonly CallGrants[],
): Promise<ReadonlySet<string>> {
  const [first] = asks
  const limits = asks.flatMap(({ organization_id }, index) =>
    [...(grants[index]?.refusals.values() ?? [])].map(({ limit_id }) => ({ organization_id, limit_id })),
  )
  if (!first || limits.length === 0) return new Set()
  return new Set(await reservationsStore.heldElsewhere(tx, limits, first.process_id))
}

async function account(change: ChangeBalances, tx: EngineTx, entries: CallEntries): Promise<void> {
  const { spent, kept, settled, released, closed } = entries
  const draws = drawsByReservation(entries)
  const charges = spent.filter(({ used }) => spends(used)).map(chargeOf)
  const [reservations, settlement, releasedHolds, , closedReservations] = await Promise.all([
    draws.length > 0 ? reservationsStore.draw(tx, draws) : [],
    settleHolds(tx, settled),
    released.length > 0 ? budgetsStore.takeHolds(tx, released) : [],
    charges.length > 0 ? budgetsStore.charge(tx, charges) : [],
    closed.length > 0 ? reservationsStore.take(tx, closed) : [],
  ])
  const by_id = new Map(reservations.map((reservation) => [reservation.reservation_id, reservation]))
  const holds = kept.flatMap(({ call_id: run_id, reservation_id, ...amounts }) => {
    const balances = by_id.get(reservation_id)?.balances ?? []
    return balances.length > 0 ? [{ ...amounts, run_id, balances }] : []
  })
  const changes = [
    ...spentByReservation(spent).flatMap((sum) => spentChanges(sum, by_id.get(sum.reservation_id))),
    ...settlement.changes,
    ...[...releasedHolds, ...closedReservations].flatMap((hold) => changesOf(hold, { held: -1, used: 0 })),
  ]
  await Promise.all([
    settlement.charging,
    holds.length > 0 ? budgetsStore.hold(tx, holds) : undefined,
    change(tx, changes),
  ])
}

interface ReservationSum extends ReservationRef {
  readonly covered: Amounts
  readonly used: Amounts
}

/** Sums by reservation: what its calls used, and how much of that their holds covered. */
function spentByReservation(spentCalls: readonly SpentCall[]): readonly ReservationSum[] {
  const sums = new Map<string, ReservationSum>()
  for (const call of spentCalls) {
    const { organization_id, reservation_id, used } = call
    const sum = sums.get(reservation_id)
    const all = {
      covered: total([sum?.covered ?? nothing, coveredPart(call)]),
      used: total([sum?.used ?? nothing, used]),
    }
    sums.set(reservation_id, { organization_id, reservation_id, ...all })
  }
  return [...sums.values()]
}

/** The amount that calls took from each reservation. Usage beyond a call's hold was in no reservation. */
function drawsByReservation({
  spent,
  kept,
}: Pick<CallEntries, 'spent' | 'kept'>): readonly (ReservationRef & Amounts)[] {
  const sums = new Map<string, ReservationRef & Amounts>()
  const add = ({ organization_id, reservation_id }: ReservationRef, amounts: Amounts): void =>
    void sums.set(reservation_id, {
      organization_id,
      reservation_id,
      ...total([sums.get(reservation_id) ?? nothing, amounts]),
    })
  for (const sum of spentByReservation(spent)) add(sum, sum.covered)
  for (const call of kept) add(call, call)
  return [...sums.values()]
}

function spentChanges(
  { covered: coveredAmounts, used }: ReservationSum,
  reservation: ReservationRow | undefined,
): readonly BalanceChange[] {
  if (!reservation) return []
  const { organization_id, balances } = reservation
  return [
    ...changesOf({ organization_id, balances, ...coveredAmounts }, { held: -1, used: 0 }),
    ...changesOf({ organization_id, balances, ...used }, { held: 0, used: 1 }),
  ]
}

const nothing: Amounts = { cost_micro_usd: 0, tokens: 0 }

function coveredPart({ held, used }: Pick<SpentCall, 'held' | 'used'>): Amounts {
  return {
    cost_micro_usd: Math.min(held.cost_micro_usd, used.cost_micro_usd),
    tokens: Math.min(held.tokens, used.tokens),
  }
}

function total(all: readonly Amounts[]): Amounts {
  return all.reduce<Amounts>(
    (sum, one) => ({ cost_micro_usd: sum.cost_micro_usd + one.cost_micro_usd, tokens: sum.tokens + one.tokens }),
    nothing,
  )
}

function chargeOf({ call_id: run_id, used, usage_known, ...call }: SpentCall): ChargeRow {
  return { ...scopesIn(call), run_id, task_id: call.task_id, ...used, unknown_usage: !usage_known, source: 'call' }
}

async function lose(change: ChangeBalances, tx: EngineTx, limit: number): Promise<readonly LostReservation[]> {
  const lostReservations = (await reservationsStore.takeLost(tx, limit)).filter(spends)
  if (lostReservations.length === 0) return []
  const charges = lostReservations.map(
    ({ reservation_id: run_id, cost_micro_usd, tokens, ...reservation }): ChargeRow => {
      return {
        ...scopesIn(reservation),
        run_id,
        task_id: null,
        cost_micro_usd,
        tokens,
        unknown_usage: true,
        source: 'call',
      }
    },
  )
  await budgetsStore.charge(tx, charges)
  await change(
    tx,
    lostReservations.flatMap((reservation) => [
      ...changesOf(reservation, { held: -1, used: 0 }),
      ...changesOf(reservation, { held: 0, used: 1 }),
    ]),
  )
  return lostReservations
}
