import type { EngineTx } from '../../platform/db/db.ts'
import type { Amounts, Refusal, Settlement, SpendScopes } from './budgets.port.ts'

/** What a process asks to hold ahead for calls with the same scopes: a reservation of the limits they meet. */
export interface ReservationAsk extends SpendScopes {
  readonly reservation_id: string
  readonly process_id: string
  /** Calls that wait for it; each is admitted or refused by itself. */
  readonly calls: readonly (Amounts & { readonly call_id: string })[]
  /** How many calls like `each` to hold for beside those. Where little room is left, fewer or none. */
  readonly more: number
  readonly each: Amounts
}

export interface ReservationRefusal extends Refusal {
  /** Other processes have reservations of the limit in the way, and may give some of them back. */
  readonly may_come_back: boolean
}

export interface ReservationGrant {
  readonly reservation_id: string
  /** The terms that it was granted under (`budgets_terms_v`). It is for no call that has found others. */
  readonly budget_version: string
  readonly refusals: ReadonlyMap<string, ReservationRefusal>
  /** What is held beside the calls that were admitted. */
  readonly spare: Amounts
}

export interface ReservationRef {
  readonly organization_id: string
  readonly reservation_id: string
}

/** A call that has ended and was held for in a reservation. */
export interface SpentCall extends ReservationRef, SpendScopes {
  readonly call_id: string
  /** Of the run that called. */
  readonly task_id: string | null
  readonly held: Amounts
  readonly used: Amounts
  readonly usage_known: boolean
}

/** A call that goes on: its hold leaves the reservation and stands by itself, under the call's id. */
export interface KeptCall extends ReservationRef, Amounts {
  readonly call_id: string
}

export interface CallEntries {
  readonly spent: readonly SpentCall[]
  readonly kept: readonly KeptCall[]
  /** Calls that were kept and have ended. */
  readonly settled: readonly Settlement[]
  readonly released: readonly { readonly organization_id: string; readonly run_id: string }[]
  /** Reservations that are given back with all that is left of them. */
  readonly closed: readonly ReservationRef[]
}

/** A reservation whose process is gone. What was left of it has been charged, by its id, since nobody knows what was used. */
export interface LostReservation extends ReservationRef, SpendScopes, Amounts {}

/**
 * Reservations: what a process holds ahead, so that calls draw from it without writing anything before they leave. A reservation is a
 * hold like any other and stands on all limits that its calls meet, until it is used, given back or lost.
 */
export interface CallsPort {
  /** Locks the limits and holds, for each call on all its limits or none. */
  reserve(tx: EngineTx, asks: readonly ReservationAsk[]): Promise<readonly ReservationGrant[]>
  /** Which of the reservations are still this process's, locked until the transaction ends. */
  open(tx: EngineTx, reservations: readonly ReservationRef[]): Promise<ReadonlySet<string>>
  /** Writes what happened to reservations that are open, and moves every balance once. */
  account(tx: EngineTx, entries: CallEntries): Promise<void>
  /** Charges what is left of reservations that their processes have not touched for a minute. */
  lose(tx: EngineTx, limit: number): Promise<readonly LostReservation[]>
}
