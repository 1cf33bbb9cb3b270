/** Rows of the module's tables, and reservations of calls. */
import type { Amounts, CallHold, LimitRefusal, SpendScopes } from './budgets.port.ts'
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

/** A hold by the id of what it is for: a run, an attempt to call a model, or a reservation. Its charge has the same. */
export interface HoldRef {
  readonly organization_id: string
  readonly id: string
}

export interface HoldRow extends HoldRef, Amounts {
  readonly balances: readonly BalanceRef[]
}

export interface BalanceChange extends BalanceRef {
  readonly organization_id: string
  readonly held: Amounts
  readonly used: Amounts
}

/** A balance of which nine tenths were used for the first time, or more than the limit. */
export interface PassedRow extends ScopeRow, BalanceRef {
  readonly is_over: boolean
}

export interface ChargeRow extends HoldRef, SpendScopes, Amounts {
  readonly task_id: string | null
  readonly unknown_usage: boolean
  readonly source: 'run' | 'call'
}

/** What has ended and is to be charged. */
export interface HoldSettlement extends HoldRef, SpendScopes {
  readonly task_id: string | null
  readonly source: ChargeRow['source']
  /** The hold that was requested, where it is known: unknown usage costs it also where no limit made a hold be written. */
  readonly held?: Amounts | undefined
  /** Absent: unknown, which costs the whole hold. */
  readonly usage?: Amounts | undefined
}

export interface ReservationRow extends HoldRow, SpendScopes {
  readonly process_id: string
}

/** What a process asks a reservation for: a hold ahead of calls with the same scopes, on all limits that they meet. */
export interface ReservationRequest extends HoldRef, SpendScopes {
  readonly process_id: string
  /** Calls that wait for it; each is admitted or refused by itself. */
  readonly calls: readonly Pick<CallHold, 'id' | 'held'>[]
  /** For how many more calls like `each` to hold. Where little room is left, for fewer or none. */
  readonly more: number
  readonly each: Amounts
}

export interface ReservationGrant {
  readonly id: string
  /** The budget version that it was granted under. It is void for calls that read another version. */
  readonly budget_version: string
  /** By the ids of calls. */
  readonly refusals: ReadonlyMap<string, ReservationRefusal>
  /** The amount held beside the calls that were admitted. */
  readonly spare: Amounts
}

export interface ReservationRefusal extends LimitRefusal {
  /** Other processes have reservations on the limit, and may release some. */
  readonly may_come_back: boolean
}
