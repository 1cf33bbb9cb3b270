/** Rows of the module's tables. */
import type { Limit } from './budgets.rules.ts'

export interface ScopeRow {
  readonly organization_id: string
  readonly scope_kind: string
  readonly scope_id: string
}

export type LimitRow = Omit<Limit, 'live'> & { readonly organization_id: string }

/** Which balance: of a limit, a window and a goal. */
export interface BalanceRef {
  readonly limit_id: string
  readonly window_start: string
  readonly goal_id: string
}

export interface HoldRow {
  readonly organization_id: string
  readonly run_id: string
  readonly cost_micro_usd: number
  readonly tokens: number
  readonly balances: readonly BalanceRef[]
}

export interface BalanceChange extends BalanceRef {
  readonly organization_id: string
  readonly held_micro_usd: number
  readonly held_tokens: number
  readonly used_micro_usd: number
  readonly used_tokens: number
}

/** A balance of which nine tenths were used for the first time, or more than the limit. */
export interface PassedRow extends ScopeRow, BalanceRef {
  readonly is_over: boolean
}

export interface ChargeRow {
  readonly organization_id: string
  readonly run_id: string
  readonly project_id: string | null
  readonly goal_id: string | null
  readonly task_id: string | null
  readonly agent_id: string | null
  readonly cost_micro_usd: number
  readonly tokens: number
  readonly unknown_usage: boolean
  readonly source: 'run' | 'call'
}
