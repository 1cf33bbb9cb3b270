/**
 * A reservation pool: the reservations of this process for calls with the same scopes, and the arithmetic of drawing
 * from them.
 */
import type { Amounts, SpendScopes } from '../budgets.port.ts'
import { fits, minus, no_amounts, plus, spends, sumOf, times } from './amounts.ts'

export interface Reservation {
  readonly scopes: SpendScopes
  readonly id: string
  /** The budget version that it was granted under. */
  readonly budget_version: string
  /** The part that no call has drawn. */
  free: Amounts
  /** Calls that have drawn from it and are not written yet. */
  out: number
  used_at: number
  /** No call draws from it any more. */
  retired: boolean
  /** A call of it could not be written: it is not released, and ends as lost. */
  broken: boolean
}

export interface ReservationPool {
  readonly scopes: SpendScopes
  reservations: Reservation[]
  /** For how many calls the next reservation holds. */
  width: number
  /** What the last call held. */
  each: Amounts
  /** No spare amount could be held: the next try is not before this time. */
  scarce_until: number
}

const width_at_first = 4
const width_max = 128

export const emptyPool = (scopes: SpendScopes): ReservationPool => ({
  scopes,
  reservations: [],
  width: width_at_first,
  each: no_amounts,
  scarce_until: 0,
})

/**
 * Draws a call from the first reservation with enough room; undefined where none has it. Reservations of another budget
 * version are retired.
 */
export function drawReservation(
  pool: ReservationPool,
  { held, budget_version, now }: { readonly held: Amounts; readonly budget_version: string; readonly now: number },
): Reservation | undefined {
  for (const reservation of pool.reservations) reservation.retired ||= reservation.budget_version !== budget_version
  pool.each = held
  const reservation = pool.reservations.find(({ retired, free }) => !retired && fits(held, free))
  if (!reservation) return undefined
  reservation.free = minus(reservation.free, held)
  reservation.out += 1
  reservation.used_at = now
  return reservation
}

/** Returns the unused part of a call's hold to the reservation. */
export function release(reservation: Reservation, held: Amounts, used: Amounts): void {
  reservation.free = plus(reservation.free, atLeastNothing(minus(held, used)))
}

function atLeastNothing({ cost_micro_usd, tokens }: Amounts): Amounts {
  return { cost_micro_usd: Math.max(0, cost_micro_usd), tokens: Math.max(0, tokens) }
}

/** Whether less than half of the pool's width is free. */
export function isLow({ reservations, width, each }: ReservationPool): boolean {
  const free = sumOf(reservations.filter(({ retired }) => !retired).map((reservation) => reservation.free))
  return !fits(times(each, width / 2), free)
}

/** The next width after a call had to wait. */
export function nextWidth(width: number): number {
  return Math.min(width_max, width * 2)
}

/** Takes out the reservations to release: retired, idle or used up, with no call on them. */
export function takeIdle(pool: ReservationPool, idle_since: number): readonly Reservation[] {
  const isIdle = (reservation: Reservation): boolean => {
    const { out, retired, broken, used_at, free } = reservation
    if (out > 0 || broken) return false
    const isUsedUp = pool.reservations.length > 1 && !fits(pool.each, free)
    return retired || used_at <= idle_since || isUsedUp || !spends(free)
  }
  const idle = pool.reservations.filter(isIdle)
  if (idle.length > 0) pool.reservations = pool.reservations.filter((reservation) => !idle.includes(reservation))
  return idle
}
