/** The usage writer's memory: attempts that are not written, endings that are not charged, reservations to release. */
import { type Reservation, release } from '../rules/reservation-pool.ts'
import type { EndedAttempt, NewAttempt } from '../../gateway/store/attempts.store.ts'
import type { ReservationPools } from './reservation-pools.ts'
import type { Entry, UsageBatch } from './usage-batch.ts'

export interface UsageBuffer {
  beginAttempt(attempt: NewAttempt, reservation: Reservation): void
  /** Undefined where the attempt has ended before. */
  endAttempt(endedAttempt: EndedAttempt): Entry | undefined
  /** The next batch: what is due, or everything. */
  takeBatch(isAll: boolean): UsageBatch
  /** The batch is written, but for entries of these reservations, which had been charged as lost. */
  markWritten(batch: UsageBatch, goneReservationIds: ReadonlySet<string>): void
  /** The batch is not written. */
  putBack(batch: UsageBatch): void
  /** Attempts and endings that wait for being written. */
  size(): number
  isEmpty(): boolean
}

/** How long an attempt may be in memory alone. */
export const write_after_ms = 25
/** How long a reservation is kept that nobody draws from. */
export const idle_ms = 1_000
export const entries_max = 256

export function createUsageBuffer(pools: Pick<ReservationPools, 'takeIdle'>): UsageBuffer {
  /** Begun and not ended. */
  const entries = new Map<string, Entry>()
  /** Those that are not written, the oldest first. */
  const unwrittenEntries = new Map<string, Entry>()
  let endedEntries: Entry[] = []
  let closingReservations: Reservation[] = []

  function takeClosed(idle_since: number): readonly Reservation[] {
    const closedReservations = [...closingReservations, ...pools.takeIdle(idle_since)].filter(({ broken }) => !broken)
    closingReservations = []
    return closedReservations
  }

  function becomeYoung(entry: Entry): void {
    entry.state = 'young'
    entry.reservation.out += 1
    if (!entry.ended) unwrittenEntries.set(entry.attempt.id, entry)
  }

  return {
    beginAttempt(attempt, reservation) {
      const begun_at = performance.now()
      const entry: Entry = { attempt, reservation, begun_at, state: 'young', ended: undefined, given_back: false }
      entries.set(attempt.id, entry)
      unwrittenEntries.set(attempt.id, entry)
    },
    endAttempt(endedAttempt) {
      const entry = entries.get(endedAttempt.id)
      if (!entry) return undefined
      entries.delete(endedAttempt.id)
      unwrittenEntries.delete(endedAttempt.id)
      entry.ended = endedAttempt
      if (entry.state === 'young') releaseUnused(entry)
      endedEntries.push(entry)
      return entry
    },
    takeBatch(isAll) {
      const now = performance.now()
      const dueEntries = endedEntries.slice(0, entries_max)
      endedEntries = endedEntries.slice(entries_max)
      const kept = takeKept(unwrittenEntries, isAll ? now : now - write_after_ms)
      const spent = dueEntries.filter(({ state }) => state === 'young')
      for (const entry of spent) releaseUnused(entry)
      for (const { reservation } of [...spent, ...kept]) reservation.out -= 1
      const closed = takeClosed(isAll ? now : now - idle_ms)
      return { spent, kept, finished: dueEntries.filter(({ state }) => state === 'live'), closed, now }
    },
    markWritten({ kept }, goneReservationIds) {
      for (const entry of kept) {
        if (goneReservationIds.has(entry.reservation.reservation_id)) {
          entry.reservation.broken = true
          becomeYoung(entry)
        } else entry.state = 'live'
      }
    },
    putBack({ spent, kept, finished, closed }) {
      for (const entry of kept) becomeYoung(entry)
      for (const { reservation } of spent) reservation.out += 1
      endedEntries = [...spent, ...finished, ...endedEntries]
      closingReservations.push(...closed)
    },
    size: () => unwrittenEntries.size + endedEntries.length,
    isEmpty: () => unwrittenEntries.size + endedEntries.length + closingReservations.length === 0,
  }
}

/** Releases the unused part of its hold, once. */
function releaseUnused(entry: Entry): void {
  const { reservation, attempt, ended, given_back } = entry
  if (!ended || given_back) return
  entry.given_back = true
  const holdAmounts = { cost_micro_usd: attempt.held_micro_usd, tokens: attempt.held_tokens }
  release(reservation, holdAmounts, { cost_micro_usd: ended.cost_micro_usd, tokens: ended.charged_tokens })
}

/** Takes the attempts that have to be written as live: those that began before, and those of retired reservations. */
function takeKept(unwrittenEntries: Map<string, Entry>, begun_before: number): readonly Entry[] {
  const keptEntries: Entry[] = []
  for (const entry of unwrittenEntries.values()) {
    if (keptEntries.length >= entries_max) break
    const { begun_at, reservation } = entry
    // An attempt of a reservation that was charged as lost stays in memory until it ends.
    if (!reservation.broken && (begun_at <= begun_before || reservation.retired)) keptEntries.push(entry)
  }
  for (const entry of keptEntries) {
    unwrittenEntries.delete(entry.attempt.id)
    entry.state = 'writing'
  }
  return keptEntries
}
