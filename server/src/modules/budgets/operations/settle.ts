import type { Tx } from '../../../platform/db/db.ts'
import type { Amounts, Settlement, SpendScopes } from '../budgets.port.ts'
import { byScope } from '../budgets.rules.ts'
import { budgetsStore } from '../store/holds.store.ts'
import type { BalanceChange, ChargeRow, HoldRow } from '../budgets.types.ts'
import { balancesOf, changesOf, distinctScopes, spends } from '../rules/balances.ts'

/** The changes of balances by settlements, and the charges that are being written. */
export interface SettlementWrites {
  readonly changes: readonly BalanceChange[]
  readonly charging: Promise<unknown>
}

const nothing: SettlementWrites = { changes: [], charging: Promise.resolve() }

/** Deletes the holds and inserts the charges; the caller changes the balances and waits for the charges. */
export async function settleHolds(tx: Tx, settlements: readonly Settlement[]): Promise<SettlementWrites> {
  if (settlements.length === 0) return nothing
  const holds = new Map((await budgetsStore.takeHolds(tx, settlements)).map((one) => [one.run_id, one]))
  const chargedItems = settlements
    .map((settlement) => ({ settlement, hold: holds.get(settlement.run_id) }))
    .map((item) => ({ ...item, used: usedOf(item.settlement, item.hold) }))
    .filter((item) => item.hold || spends(item.used))
  if (chargedItems.length === 0) return nothing
  const charging = budgetsStore.charge(
    tx,
    chargedItems.map(({ settlement, used }) => chargeOf(settlement, used)),
  )
  const unheld = chargedItems.filter((item) => !item.hold)
  const newRunIds = new Set(unheld.length > 0 ? await charging : [])
  const runs = unheld.filter(({ settlement }) => newRunIds.has(settlement.run_id))
  const more = await unheldChanges(
    tx,
    runs.map(({ settlement, used }) => ({ ...settlement, ...used })),
  )
  const changes = chargedItems.flatMap(({ hold, used }) =>
    hold ? [...changesOf(hold, { held: -1, used: 0 }), ...changesOf({ ...hold, ...used }, { held: 0, used: 1 })] : [],
  )
  return { changes: [...changes, ...more], charging }
}

/** Usage without a hold counts all the same, under the present limits. */
async function unheldChanges(
  tx: Tx,
  runs: readonly (SpendScopes & Amounts & { readonly run_id: string })[],
): Promise<BalanceChange[]> {
  if (runs.length === 0) return []
  const by_scope = byScope(await budgetsStore.limits(tx, distinctScopes(runs)))
  return runs.flatMap((run) => changesOf({ ...run, balances: balancesOf(run, by_scope) }, { held: 0, used: 1 }))
}

/** Unknown usage costs the hold, never zero. */
function usedOf({ usage, held }: Settlement, hold: HoldRow | undefined): Amounts {
  const knownUsage = usage ?? held
  if (knownUsage) return knownUsage
  return { cost_micro_usd: hold?.cost_micro_usd ?? 0, tokens: hold?.tokens ?? 0 }
}

function chargeOf(settlement: Settlement, amounts: Amounts): ChargeRow {
  const { organization_id, run_id, project_id, goal_id, task_id, agent_id, usage, source = 'run' } = settlement
  const { cost_micro_usd, tokens } = amounts
  return {
    organization_id,
    run_id,
    project_id,
    goal_id,
    task_id,
    agent_id,
    cost_micro_usd,
    tokens,
    unknown_usage: usage === undefined,
    source,
  }
}
