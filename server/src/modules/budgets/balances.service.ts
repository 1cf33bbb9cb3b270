/** Holds that become charges, and what that changes in the balances of limits. */
import type { EngineTx, Tx } from '../../platform/db/db.ts'
import type { Journal } from '../../platform/journal/record.ts'
import { system_principal } from '../../platform/principal.ts'
import type { Amounts, CallEnding, CallHold, SpendScopes } from './budgets.port.ts'
import { byScope, scopesIn } from './budgets.rules.ts'
import type { BalanceChange, ChargeRow, HoldRef, HoldRow, HoldSettlement } from './budgets.types.ts'
import { least, no_amounts, plus, spends } from './rules/amounts.ts'
import { balancesOf, changesOf, distinctScopes, sumByBalance } from './rules/balances.ts'
import { holdsStore } from './store/holds.store.ts'
import { versionsStore } from './store/versions.store.ts'

export type ChangeBalances = (tx: Tx, changes: readonly BalanceChange[]) => Promise<void>

/** Writes changes of balances, and records warnings of limits that are nearly or fully used. */
export async function changeBalances(journal: Journal, tx: Tx, changes: readonly BalanceChange[]): Promise<void> {
  if (changes.length === 0) return
  const passedRows = await holdsStore.change(tx, sumByBalance(changes))
  if (passedRows.length === 0) return
  await holdsStore.markWarned(tx, passedRows)
  for (const { organization_id, limit_id: budget_id, scope_kind, scope_id, is_over } of passedRows) {
    const type = is_over ? 'budget.closed' : 'budget.warned'
    const data = { budget_id, scope_kind, scope_id }
    journal.record(tx, organization_id, [
      { type, actor: system_principal, ...eventSubject(scope_kind, scope_id), data },
    ])
  }
  // A closed limit raises the budget version, so that reservations admit nothing more.
  const organization_ids = passedRows.filter(({ is_over }) => is_over).map(({ organization_id }) => organization_id)
  if (organization_ids.length > 0) await versionsStore.raise(tx, organization_ids)
}

/** The subject of a scope's events, for feeds. */
export function eventSubject(scope_kind: string, scope_id: string): { project_id?: string; goal_id?: string } {
  if (scope_kind === 'project') return { project_id: scope_id }
  return scope_kind === 'goal' ? { goal_id: scope_id } : {}
}

/** The changes of balances by settlements, and the charges that are being written. */
export interface SettlementWrites {
  readonly changes: readonly BalanceChange[]
  readonly charging: Promise<unknown>
}

const nothing: SettlementWrites = { changes: [], charging: Promise.resolve() }

/** Deletes the holds and inserts the charges; the caller changes the balances and waits for the charges. */
export async function settleHolds(tx: Tx, settlements: readonly HoldSettlement[]): Promise<SettlementWrites> {
  if (settlements.length === 0) return nothing
  const holds = new Map((await holdsStore.takeHolds(tx, settlements)).map((one) => [one.id, one]))
  const chargedItems = settlements
    .map((settlement) => ({ settlement, hold: holds.get(settlement.id) }))
    .map((item) => ({ ...item, used: usedOf(item.settlement, item.hold) }))
    .filter((item) => item.hold || spends(item.used))
  if (chargedItems.length === 0) return nothing
  const charging = holdsStore.charge(
    tx,
    chargedItems.map(({ settlement, used }) => chargeOf(settlement, used)),
  )
  const unheld = chargedItems.filter((item) => !item.hold)
  const newIds = new Set(unheld.length > 0 ? await charging : [])
  const newUnheld = unheld.filter(({ settlement }) => newIds.has(settlement.id))
  const more = await unheldChanges(
    tx,
    newUnheld.map(({ settlement, used }) => ({ ...settlement, ...used })),
  )
  const changes = chargedItems.flatMap(({ hold, used }) =>
    hold ? [...changesOf(hold, { held: -1, used: 0 }), ...changesOf({ ...hold, ...used }, { held: 0, used: 1 })] : [],
  )
  return { changes: [...changes, ...more], charging }
}

/** Usage without a hold counts all the same, under the present limits. */
async function unheldChanges(tx: Tx, items: readonly (SpendScopes & Amounts)[]): Promise<BalanceChange[]> {
  if (items.length === 0) return []
  const by_scope = byScope(await holdsStore.limits(tx, distinctScopes(items)))
  return items.flatMap((item) => changesOf({ ...item, balances: balancesOf(item, by_scope) }, { held: 0, used: 1 }))
}

/** Unknown usage costs the hold, never zero. */
function usedOf({ usage, held }: HoldSettlement, hold: HoldRow | undefined): Amounts {
  return usage ?? held ?? hold ?? no_amounts
}

function chargeOf(settlement: HoldSettlement, { cost_micro_usd, tokens }: Amounts): ChargeRow {
  const { id, task_id, usage, source } = settlement
  return { ...scopesIn(settlement), id, task_id, cost_micro_usd, tokens, unknown_usage: usage === undefined, source }
}

/** A call with the reservation that it was held for in. */
type ReservedCall = CallHold & { readonly reservation_id: string }

/** What calls of a batch become. */
export interface UsageCharges {
  /** Ended, and held for in a reservation until now. */
  readonly spent: readonly (ReservedCall & CallEnding)[]
  /** They go on: their holds leave their reservations and become holds of their own. */
  readonly kept: readonly ReservedCall[]
  /** Ended, with holds of their own. */
  readonly settled: readonly HoldSettlement[]
  /** The same where nothing was used. */
  readonly released: readonly HoldRef[]
  /** Reservations to release with the rest of their amounts. */
  readonly closed: readonly HoldRef[]
}

/** Charges calls, and changes every balance once. */
export async function chargeUsage(change: ChangeBalances, tx: EngineTx, charges: UsageCharges): Promise<void> {
  const { spent, kept, settled, released, closed } = charges
  const sums = sumsByReservation(spent)
  const draws = drawsOf(sums, kept)
  const chargedCalls = spent.filter(({ used }) => spends(used)).map(chargeOfCall)
  const [reservations, settlement, releasedHolds, , closedReservations] = await Promise.all([
    draws.length > 0 ? holdsStore.drawReservations(tx, draws) : [],
    settleHolds(tx, settled),
    released.length > 0 ? holdsStore.takeHolds(tx, released) : [],
    chargedCalls.length > 0 ? holdsStore.charge(tx, chargedCalls) : [],
    closed.length > 0 ? holdsStore.takeReservations(tx, closed) : [],
  ])
  const balancesByReservation = new Map(reservations.map(({ id, balances }) => [id, balances]))
  const balancesFor = ({ reservation_id }: Pick<ReservedCall, 'reservation_id'>) =>
    balancesByReservation.get(reservation_id) ?? []
  const holds = kept
    .map(({ held, ...call }): HoldRow => ({ ...call, ...held, balances: balancesFor(call) }))
    .filter(({ balances }) => balances.length > 0)
  const changes = [
    ...sums.flatMap((sum) => spentChanges(sum, balancesFor(sum))),
    ...settlement.changes,
    ...[...releasedHolds, ...closedReservations].flatMap((hold) => changesOf(hold, { held: -1, used: 0 })),
  ]
  await Promise.all([
    settlement.charging,
    holds.length > 0 ? holdsStore.hold(tx, holds) : undefined,
    change(tx, changes),
  ])
}

/** What the calls of one reservation have used, and how much of that their holds covered. */
interface ReservationSum {
  readonly organization_id: string
  readonly reservation_id: string
  readonly covered: Amounts
  readonly used: Amounts
}

function sumsByReservation(spent: UsageCharges['spent']): readonly ReservationSum[] {
  const sums = new Map<string, ReservationSum>()
  for (const { organization_id, reservation_id, held, used } of spent) {
    const before = sums.get(reservation_id)
    sums.set(reservation_id, {
      organization_id,
      reservation_id,
      covered: plus(before?.covered ?? no_amounts, least(held, used)),
      used: plus(before?.used ?? no_amounts, used),
    })
  }
  return [...sums.values()]
}

/** What leaves each reservation. Usage beyond a call's hold was in no reservation. */
function drawsOf(sums: readonly ReservationSum[], kept: UsageCharges['kept']): readonly (HoldRef & Amounts)[] {
  const draws = new Map<string, HoldRef & Amounts>()
  const add = (amounts: Amounts, { organization_id, reservation_id: id }: Omit<ReservationSum, 'covered' | 'used'>) =>
    draws.set(id, { organization_id, id, ...plus(draws.get(id) ?? no_amounts, amounts) })
  for (const sum of sums) add(sum.covered, sum)
  for (const call of kept) add(call.held, call)
  return [...draws.values()]
}

/** What calls used leaves the hold of their reservation; the rest of what they held stays there for others. */
function spentChanges(
  { organization_id, covered, used }: ReservationSum,
  balances: HoldRow['balances'],
): readonly BalanceChange[] {
  return [
    ...changesOf({ organization_id, balances, ...covered }, { held: -1, used: 0 }),
    ...changesOf({ organization_id, balances, ...used }, { held: 0, used: 1 }),
  ]
}

function chargeOfCall(call: UsageCharges['spent'][number]): ChargeRow {
  const { id, task_id, used, usage_known } = call
  return { ...scopesIn(call), id, task_id, ...used, unknown_usage: !usage_known, source: 'call' }
}
