import type { BudgetScope } from '@muster/contract/budgets/budgets'
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

export interface Amounts {
  readonly cost_micro_usd: number
  readonly tokens: number
}

export interface HoldRequest extends ScopeIds {
  readonly task_id: string
  readonly cost_micro_usd: number
  readonly tokens: number
}

/** Why a candidate was not admitted: the limit in the way, and what it is over. */
export interface Refusal {
  readonly task_id: string
  readonly limit_id: string
  readonly reason: 'budget' | 'limit'
  readonly scope_kind: BudgetScope
  readonly scope_id: string
  /** Set where the limit counts each goal by itself. */
  readonly goal_id: string | null
}

export interface Admission {
  /** Ids of the tasks that fit, in the order of the candidates. */
  readonly admitted: ReadonlySet<string>
  readonly refusals: readonly Refusal[]
  /** Writes the holds of those that were really taken. A hold of zero writes nothing. */
  hold(runs: readonly (HoldRequest & { readonly run_id: string })[]): Promise<void>
}

/** `run_id` is the run's, or the call's. */
export interface Settlement extends SpendScopes {
  readonly run_id: string
  readonly task_id: string | null
  /** What was paid for; absent: a run. */
  readonly source?: 'run' | 'call'
  /** What was asked to be held, for who knows it: unknown usage costs that also where no limit made anybody write it down. */
  readonly held?: { readonly cost_micro_usd: number; readonly tokens: number } | undefined
  /** Absent: unknown, which costs the whole hold. */
  readonly usage?: { readonly cost_micro_usd: number; readonly tokens: number } | undefined
}

/** Limits on money, tokens and live runs. All methods join the caller's transaction and take arrays. */
export interface BudgetsPort {
  /**
   * Locks the limits that the candidates meet, counts live runs, and says which candidates fit, all of a candidate's
   * scopes or none. The locks make two claimers take turns, so that no limit is ever passed.
   */
  admit(
    tx: EngineTx,
    candidates: readonly HoldRequest[],
    countLive: (
      scopes: readonly { organization_id: string; scope_kind: string; scope_id: string }[],
    ) => Promise<readonly number[]>,
  ): Promise<Admission>
  /** Turns holds into charges: what was used, or the whole hold where that is unknown. */
  settle(tx: Tx, settlements: readonly Settlement[]): Promise<void>
  /** What one run may use at most by the limits it meets whose window is the run; of several all hold. */
  runCeilings(tx: Tx, scopes: SpendScopes): Promise<readonly RunCeiling[]>
  /** Gives holds back whole: nothing was used. */
  release(tx: Tx, runs: readonly { readonly organization_id: string; readonly run_id: string }[]): Promise<void>
}

/** What later modules know of scopes; given by `app/`. */
export interface BudgetScopes {
  /** The id of a goal, an agent (also by its name) or a campaign; undefined where the organization has no such thing. */
  find(
    tx: Tx,
    organization_id: string,
    scope: { readonly kind: 'goal' | 'agent' | 'campaign'; readonly id: string },
  ): Promise<string | undefined>
  /** Live runs of each scope, in the order of the scopes. */
  countLive(
    tx: Tx,
    scopes: readonly { readonly organization_id: string; readonly scope_kind: string; readonly scope_id: string }[],
  ): Promise<readonly number[]>
  /** Brings to paper what this process has used and not written yet, before somebody looks at it. */
  settled(): Promise<void>
}
