import type { Budget, BudgetScope, BudgetWindow } from '@muster/contract/budgets/budgets'
import type { ModelLimits } from '@muster/contract/identity/keys'
import type { EngineTx, Tx } from '../../platform/db/db.ts'

/** What is held, used or left. In tables an amount that is called `held` is `held_micro_usd` and `held_tokens`. */
export interface Amounts {
  readonly cost_micro_usd: number
  readonly tokens: number
}

/** What one run may use at most; what is absent is not limited. */
export type RunCeiling = { readonly [amount in keyof Amounts]?: number | undefined }

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

/** What a task may cost at most, to be held before it is claimed. */
export interface HoldRequest extends ScopeIds, Amounts {
  readonly task_id: string
}

/** Why a candidate was refused: the limit, and which of its amounts. */
export interface Refusal extends LimitRefusal {
  readonly task_id: string
}

/** The limit that has no room, and what kind of limit it is. */
export interface LimitRefusal {
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

/** A run that has ended. */
export interface Settlement extends SpendScopes {
  readonly run_id: string
  readonly task_id: string | null
  /** Absent: unknown, which costs the whole hold. */
  readonly usage?: Amounts | undefined
}

/** Limits on money, tokens and live runs. Methods that take a transaction join it, and take arrays. */
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
  /** Opens the accounting of this process's calls of models. */
  openCallAccounting<Call extends CallHold, Ending extends CallEnding>(
    options: CallAccountingOptions<Call, Ending>,
  ): CallAccounting<Call, Ending>
}

/** One request of a call of a model, as it is held for before it leaves. */
export interface CallHold extends SpendScopes {
  /** Of the attempt; its hold and its charge have the same. */
  readonly id: string
  /** Of the run that calls. */
  readonly task_id: string | null
  /** What it can use at worst. */
  readonly held: Amounts
}

/** How such a request ended. */
export interface CallEnding {
  readonly organization_id: string
  readonly id: string
  /** What is charged: the whole hold where the usage is unknown. */
  readonly used: Amounts
  readonly usage_known: boolean
  readonly total_ms: number
}

/**
 * The rows of calls, which their module keeps: budgets write them in the transaction that charges the calls. Statements
 * of a batch are sent together.
 */
export interface CallRows<Call extends CallHold, Ending extends CallEnding> {
  /** Inserts calls that go on; returns the ids that were new. */
  insert(tx: EngineTx, calls: readonly (Call & CallAge)[]): Promise<readonly string[]>
  /** Inserts calls that have ended; returns the ids that were new. */
  insertEnded(tx: EngineTx, calls: readonly (Call & Ending & CallAge)[]): Promise<readonly string[]>
  /** Ends calls that go on and returns those, so that nothing is charged twice. */
  end(tx: EngineTx, endings: readonly Ending[]): Promise<readonly CallHold[]>
  /** Ends calls past their deadline as lost and returns them. */
  lose(tx: EngineTx, limit: number): Promise<readonly CallHold[]>
  /** Inserts one row for each lost reservation; it stands for all calls that were not written. */
  insertLost(tx: EngineTx, reservations: readonly LostReservation[]): Promise<void>
}

/** How long before its row a call began. */
export interface CallAge {
  readonly age_ms: number
}

/** A reservation of a dead process. Its rest has been charged under its id, since the usage is unknown. */
export interface LostReservation extends SpendScopes, Amounts {
  readonly id: string
}

/** How a module that makes calls has them held for and charged. */
export interface CallAccountingOptions<Call extends CallHold, Ending extends CallEnding> {
  readonly rows: CallRows<Call, Ending>
  /**
   * The organization's budget version (`budgets_versions_v`), read after the call has come. What it throws refuses the
   * call.
   */
  budgetVersion(call: Call): Promise<string>
}

/**
 * Holds for calls of models before they leave, and charges them exactly. A call draws from a reservation, a hold that this
 * process has made ahead; its row and its charge are written later, in a batch. docs/decisions/0004-reservations.md says why.
 */
export interface CallAccounting<Call extends CallHold, Ending extends CallEnding> extends AsyncDisposable {
  /**
   * Counts a call against the rates of its key, and returns the budget that its requests are held on, which counts their
   * tokens too. Throws `rate_limited`.
   */
  countCall(call: KeyedCall): RunBudget | undefined
  /** Holds on the run's budget and on all scopes. Throws `budget_exceeded`, and what `budgetVersion` throws. */
  hold(call: Call, run_budget?: RunBudget): Promise<void>
  /** The charge follows within moments; it is waited for where the call cost more than was held. The first ending counts. */
  settle(ending: Ending): Promise<void>
  /** Writes everything that waits, and releases all reservations. */
  flush(): Promise<void>
  /** Charges the holds and reservations of processes that are gone. It may run twice. */
  sweep(): Promise<void>
}

/** A call as its key is limited. */
export interface KeyedCall {
  readonly key_id: string | null
  /** What its key may ask for in a minute. */
  readonly limits?: ModelLimits | undefined
  readonly run_budget?: RunBudget | undefined
}

/**
 * What a run may still use, beside the budgets of its scopes: asked before each request with its worst case, and settled
 * after it.
 */
export interface RunBudget {
  /** Whether there is room; then it is taken until `settle`. */
  hold(held: Amounts): boolean
  settle(held: Amounts, used: Amounts): void
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
  /** Whose midnight begins a day. */
  readonly time_zone: string
  readonly cost_micro_usd: number | null
  readonly tokens: number | null
  readonly live_runs: number | null
  readonly window_start: string
  /** The midnight that ends a day; null for other windows. */
  readonly window_end: string | null
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

/** A user of what budgets limit: runs under lease. */
export interface UsageSource {
  /** Live runs of each scope, in the order of the scopes. */
  countLive(tx: Tx, scopes: readonly LiveRunScope[]): Promise<readonly number[]>
}
