import type { Engine } from '../../platform/db/db.ts'
import type { Journal } from '../../platform/journal/record.ts'
import type { Log } from '../../platform/log.ts'
import type { Extensions } from '../../platform/module/extension-point.ts'
import { type ChangeBalances, changeBalances, settleHolds } from './balances.service.ts'
import type { BudgetsPort, Settlement } from './budgets.port.ts'
import { refusalByStatus, scopesIn } from './budgets.rules.ts'
import type { HoldSettlement } from './budgets.types.ts'
import { createCallAccounting, createCallLedger } from './calls/call-accounting.ts'
import { admit } from './operations/admit.ts'
import { countLive } from './operations/count-live.ts'
import { limitStatuses } from './operations/limit-statuses.ts'
import { changesOf, distinctScopes } from './rules/balances.ts'
import { presentBudget } from './rules/present.rules.ts'
import { holdsStore } from './store/holds.store.ts'

export interface BudgetsOptions {
  readonly engine: Engine
  readonly journal: Journal
  readonly extensions: Extensions
  readonly log: Log
}

export interface Budgets extends BudgetsPort {
  /** Writes what this process has used and not written yet. */
  flushUsage(): Promise<void>
}

/** Admission, holds and charges: the port that other modules call. */
export function createBudgets({ engine, journal, extensions, log }: BudgetsOptions): Budgets {
  const change: ChangeBalances = (tx, changes) => changeBalances(journal, tx, changes)
  const accountings: { flush(): Promise<void> }[] = []
  return {
    async flushUsage() {
      await Promise.all(accountings.map((accounting) => accounting.flush()))
    },
    admit: (tx, candidates) => admit({ change, extensions }, tx, candidates),
    countLive: (tx, scopes) => countLive(extensions, tx, scopes),
    statuses: (tx, organization_id, filter) => limitStatuses(extensions, tx, { organization_id, ...filter }),
    presentBudget,
    refusalOf: refusalByStatus,
    openCallAccounting(options) {
      const accounting = createCallAccounting({ ...options, engine, log, ledger: createCallLedger(change) })
      accountings.push(accounting)
      return accounting
    },
    async settle(tx, settlements) {
      const { changes, charging } = await settleHolds(tx, settlements.map(settlementOfRun))
      await Promise.all([charging, change(tx, changes)])
    },
    async runCeilings(tx, scopes) {
      const limits = await holdsStore.limits(tx, distinctScopes([scopes]))
      return limits.flatMap(({ budget_window, cost_micro_usd, tokens }) =>
        budget_window === 'run'
          ? [{ ...(cost_micro_usd !== null && { cost_micro_usd }), ...(tokens !== null && { tokens }) }]
          : [],
      )
    },
    async release(tx, runs) {
      if (runs.length === 0) return
      const refs = runs.map(({ organization_id, run_id }) => ({ organization_id, id: run_id }))
      const holds = await holdsStore.takeHolds(tx, refs)
      await change(
        tx,
        holds.flatMap((hold) => changesOf(hold, { held: -1, used: 0 })),
      )
    },
  }
}

/** The hold and the charge of a run have its id. */
function settlementOfRun({ run_id, task_id, usage, ...scopes }: Settlement): HoldSettlement {
  return { ...scopesIn(scopes), id: run_id, task_id, usage, source: 'run' }
}
