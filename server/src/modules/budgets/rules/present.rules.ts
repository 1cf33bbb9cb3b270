import type { BudgetFields, LimitStatus } from '../budgets.port.ts'

/** A limit as the API shows it. */
export function presentBudget(status: LimitStatus): BudgetFields {
  const { id, scope_kind, scope_id, budget_window, time_zone, closed, created_at, window_start, live } = status
  const window_started_at = { day: window_start, total: created_at, goal: undefined, run: undefined }[budget_window]
  return {
    id,
    scope: { kind: scope_kind, id: scope_id },
    window: budget_window,
    time_zone,
    ...(status.cost_micro_usd !== null && { cost_micro_usd: status.cost_micro_usd }),
    ...(status.tokens !== null && { tokens: status.tokens }),
    ...(status.live_runs !== null && { live_runs: status.live_runs }),
    closed,
    held: { cost_micro_usd: status.held_micro_usd, tokens: status.held_tokens, live_runs: live },
    used: { cost_micro_usd: status.used_micro_usd, tokens: status.used_tokens, live_runs: 0 },
    ...(window_started_at !== undefined && { window_started_at }),
    created_at,
  }
}
