import type { Budget, BudgetScope, BudgetWindow } from '@muster/contract/budgets/budgets'
import type { EngineTx, Tx } from '../../platform/db/db.ts'

/** What one run may use at most; what is absent is not limited. */
export interface RunCeiling {
  readonly cost_micro_usd?: number | undefined
  readonly tokens?: number | undefined
}

/** Who is charged. A call of a model may stand in no project and be no agent's. */
export interface SpendScopes {
  readonly organization_id: string
  readonly project_id: string | null
  readonly goal_id: string | null
  readonly agent_id: string | null
}

/** The scopes of a run: it always has a project and an agent. */
export interface ScopeIds extends SpendScopes {
  readonly project_id: string
  readonly agent_id: string
}

/** An amount as budgets count it. */
export interface Amounts {
  readonly cost_micro_usd: number
  readonly tokens: number
}

/** What a task may cost at most, to be held before it is claimed. */
export interface HoldRequest extends ScopeIds {
  readonly task_id: string
  readonly cost_micro_usd: number
  readonly tokens: number
}

/** Why a candidate was refused: the limit, and which of its amounts. */
export interface Refusal {
  readonly task_id: string
  readonly limit_id: string
  readonly reason: 'budget' | 'limit'
  readonly scope_kind: BudgetScope
  readonly scope_id: string
  /** Set where the limit counts each goal by itself. */
  readonly goal_id: string | null
}

/** Which candidates of a claim fit into the budgets. */
export interface Admission {
  /** Ids of the tasks that fit, in the order of the candidates. */
  readonly admitted: ReadonlySet<string>
  readonly refusals: readonly Refusal[]
  /** Writes the holds of the tasks that were claimed. A hold of zero writes nothing. */
  hold(runs: readonly (HoldRequest & { readonly run_id: string })[]): Promise<void>
}

/** `run_id` is the run's, or the call's. */
export interface Settlement extends SpendScopes {
  readonly run_id: string
  readonly task_id: string | null
  /** What is charged; absent: a run. */
  readonly source?: 'run' | 'call'
  /**
   * The hold that was requested, where it is known: unknown usage costs it also where no limit made a hold be written.
   */
  readonly held?: { readonly cost_micro_usd: number; readonly tokens: number } | undefined
  /** Absent: unknown, which costs the whole hold. */
  readonly usage?: { readonly cost_micro_usd: number; readonly tokens: number } | undefined
}

/** Limits on money, tokens and live runs. All methods join the caller's transaction and take arrays. */
export interface BudgetsPort {
  /**
   * Locks the limits of the candidates, counts live runs, and says which candidates fit: on all of their scopes or
   * none. The locks make claimers take turns, so that no limit is passed (invariant 11).
   */
  admit(tx: EngineTx, candidates: readonly HoldRequest[]): Promise<Admission>
  /** Turns holds into charges: what was used, or the whole hold where that is unknown. */
  settle(tx: Tx, settlements: readonly Settlement[]): Promise<void>
  /** The ceilings of one run by limits with the window `run`; all of them hold. */
  runCeilings(tx: Tx, scopes: SpendScopes): Promise<readonly RunCeiling[]>
  /** Live runs of each scope, in the order of the scopes. */
  countLive(tx: Tx, scopes: readonly LiveRunScope[]): Promise<readonly number[]>
  /** Limits with what is held and used; at most 500, in the order of their ids. */
  statuses(tx: Tx, organization_id: string, filter: LimitFilter): Promise<readonly LimitStatus[]>
  /** A limit as the API shows it. */
  presentBudget(status: LimitStatus): BudgetFields
  /** Why a limit would refuse a run now, as `admit` tests it; null: it would not. */
  refusalOf(run: HoldRequest, limit: LimitStatus): Refusal['reason'] | null
  /** Gives holds back whole: nothing was used. */
  release(tx: Tx, runs: readonly { readonly organization_id: string; readonly run_id: string }[]): Promise<void>
}

/** Which limits; without scopes all of an organization. */
export interface LimitFilter {
  readonly scope_ids?: readonly string[]
  /** Absent: limits of every kind of scope. */
  readonly scope_kinds?: readonly BudgetScope[]
  /** The goal whose amounts count where a limit tells goals apart; null: none of them; absent: all together. */
  readonly goal_id?: string | null
}

/** A limit with the present amounts of its current window. */
export interface LimitStatus {
  readonly id: string
  readonly scope_kind: BudgetScope
  readonly scope_id: string
  readonly budget_window: BudgetWindow
  readonly cost_micro_usd: number | null
  readonly tokens: number | null
  readonly live_runs: number | null
  readonly window_start: string
  readonly held_micro_usd: number
  readonly held_tokens: number
  readonly used_micro_usd: number
  readonly used_tokens: number
  /** More was used than it allows, so it admits nothing. */
  readonly closed: boolean
  readonly created_at: string
  /** Runs under lease in its scope. */
  readonly live: number
}

/** The API's budget, before its id is branded. */
export type BudgetFields = Omit<Budget, 'id'> & { readonly id: string }

/** A scope whose live runs are counted. */
export interface LiveRunScope {
  readonly organization_id: string
  readonly scope_kind: string
  readonly scope_id: string
}

/** A user of what budgets limit: runs under lease, calls of models. */
export interface UsageSource {
  /** Live runs of each scope, in the order of the scopes. */
  countLive?(tx: Tx, scopes: readonly LiveRunScope[]): Promise<readonly number[]>
  /** Writes what this process has used and not written yet, before somebody looks at it. */
  flush?(): Promise<void>
}
