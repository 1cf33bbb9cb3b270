import type { EngineTx } from '../../platform/db/db.ts'
import type { Amounts, Refusal, Settlement, SpendScopes } from './budgets.port.ts'

/** What a process asks to hold ahead for calls with the same scopes: a slice of the limits they meet. */
export interface SliceAsk extends SpendScopes {
  readonly slice_id: string
  readonly process_id: string
  /** Calls that wait for it; each is admitted or refused by itself. */
  readonly calls: readonly (Amounts & { readonly call_id: string })[]
  /** How many calls like `each` to hold for beside those. Where little room is left, fewer or none. */
  readonly more: number
  readonly each: Amounts
}

export interface SliceRefusal extends Refusal {
  /** Other processes have slices of the limit in the way, and may give some of them back. */
  readonly may_come_back: boolean
}

export interface SliceGrant {
  readonly slice_id: string
  /** The terms that it was granted under (`budgets_terms_v`). It is for no call that has found others. */
  readonly terms: string
  readonly refusals: ReadonlyMap<string, SliceRefusal>
  /** What is held beside the calls that were admitted. */
  readonly spare: Amounts
}

export interface SliceRef {
  readonly organization_id: string
  readonly slice_id: string
}

/** A call that has ended and was held for in a slice. */
export interface SpentCall extends SliceRef, SpendScopes {
  readonly call_id: string
  /** Of the run that called. */
  readonly task_id: string | null
  readonly held: Amounts
  readonly used: Amounts
  readonly usage_known: boolean
}

/** A call that goes on: its hold leaves the slice and stands by itself, under the call's id. */
export interface KeptCall extends SliceRef, Amounts {
  readonly call_id: string
}

export interface CallEntries {
  readonly spent: readonly SpentCall[]
  readonly kept: readonly KeptCall[]
  /** Calls that were kept and have ended. */
  readonly settled: readonly Settlement[]
  readonly released: readonly { readonly organization_id: string; readonly run_id: string }[]
  /** Slices that are given back with all that is left of them. */
  readonly closed: readonly SliceRef[]
}

/** A slice whose process is gone. What was left of it has been charged, by its id, since nobody knows what was used. */
export interface LostSlice extends SliceRef, SpendScopes, Amounts {}

/**
 * Slices: what a process holds ahead, so that calls draw from it without writing anything before they leave. A slice is a
 * hold like any other and stands on all limits that its calls meet, until it is used, given back or lost.
 */
export interface CallsPort {
  /** Locks the limits and holds, for each call on all its limits or none. */
  reserve(tx: EngineTx, asks: readonly SliceAsk[]): Promise<readonly SliceGrant[]>
  /** Which of the slices are still this process's, locked until the transaction ends. */
  open(tx: EngineTx, slices: readonly SliceRef[]): Promise<ReadonlySet<string>>
  /** Writes what happened to slices that are open, and moves every balance once. */
  account(tx: EngineTx, entries: CallEntries): Promise<void>
  /** Charges what is left of slices that their processes have not touched for a minute. */
  lose(tx: EngineTx, limit: number): Promise<readonly LostSlice[]>
}
