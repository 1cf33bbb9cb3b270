import type { RunBudgets } from '../gateway/gateway.port.ts'
import type { MeteredRunBudget } from './rules/run-budget.rules.ts'

/** The run budgets of this process's command lines, whose calls of models come over the network with the run's key. */
export interface OpenRunBudgets extends RunBudgets {
  /** Holds until the returned function is called. */
  open(run_id: string, run_budget: MeteredRunBudget): () => void
}

export function createOpenRunBudgets(): OpenRunBudgets {
  const run_budgets = new Map<string, MeteredRunBudget>()
  return {
    of: (run_id) => (run_id === undefined ? undefined : run_budgets.get(run_id)),
    open(run_id, run_budget) {
      run_budgets.set(run_id, run_budget)
      return () => void run_budgets.delete(run_id)
    },
  }
}
