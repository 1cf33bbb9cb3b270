import type { EngineTx } from '../../platform/db/db.ts'
import type { Amounts, Refusal, Settlement, SpendScopes } from './budgets.port.ts'

/**
 * A request of a process for a reservation: a hold ahead of calls with the same scopes, on all limits that they meet.
 */
export interface ReservationAsk extends SpendScopes {
  readonly reservation_id: string
  readonly process_id: string
  /** Calls that wait for it; each is admitted or refused by itself. */
  readonly calls: readonly (Amounts & { readonly call_id: string })[]
  /** For how many more calls like `each` to hold. Where little room is left, for fewer or none. */
  readonly more: number
  readonly each: Amounts
}

/** Why a call was refused. */
export interface ReservationRefusal extends Refusal {
  /** Other processes have reservations on the limit, and may release some. */
  readonly may_come_back: boolean
}

/** What was held, and which calls were refused. */
export interface ReservationGrant {
  readonly reservation_id: string
  /**
   * The budget version that it was granted under (`budgets_versions_v`). It is void for calls that read another
   * version.
   */
  readonly budget_version: string
  readonly refusals: ReadonlyMap<string, ReservationRefusal>
  /** The amount held beside the calls that were admitted. */
  readonly spare: Amounts
}

/** Names a reservation. */
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

/** A call that goes on: its hold leaves the reservation and becomes one of its own, under the call's id. */
export interface KeptCall extends ReservationRef, Amounts {
  readonly call_id: string
}

/** What is written for calls that have ended, in one statement. */
export interface CallEntries {
  readonly spent: readonly SpentCall[]
  readonly kept: readonly KeptCall[]
  /** Calls that were kept and have ended. */
  readonly settled: readonly Settlement[]
  readonly released: readonly { readonly organization_id: string; readonly run_id: string }[]
  /** Reservations to release with the rest of their amounts. */
  readonly closed: readonly ReservationRef[]
}

/** A reservation of a dead process. Its rest has been charged under its id, since the usage is unknown. */
export interface LostReservation extends ReservationRef, SpendScopes, Amounts {}

/**
 * Reservations: holds that a process makes ahead of calls, so that calls draw from them without a write before they
 * leave. A reservation is a hold like any other, on all limits that its calls meet, until it is used, released or lost.
 */
export interface CallsPort {
  /** Locks the limits and holds, for each call on all its limits or none. */
  reserve(tx: EngineTx, asks: readonly ReservationAsk[]): Promise<readonly ReservationGrant[]>
  /** Which of the reservations are still this process's, locked until the transaction ends. */
  open(tx: EngineTx, reservations: readonly ReservationRef[]): Promise<ReadonlySet<string>>
  /** Writes the entries of open reservations, and changes every balance once. */
  account(tx: EngineTx, entries: CallEntries): Promise<void>
  /** Charges the rest of reservations that their processes have not touched for a minute. */
  lose(tx: EngineTx, limit: number): Promise<readonly LostReservation[]>
}
