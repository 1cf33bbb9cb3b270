/** What of calls is in memory only: those that are not written, endings that are not charged, reservations to release. */
import type { CallEnding, CallHold, RunBudget } from '../budgets.port.ts'
import { type Reservation, release } from '../rules/reservation-pool.ts'
import type { ReservationPools } from './reservation-pools.ts'

/** A call on its way into the database. */
export interface Entry {
  readonly call: CallHold
  readonly reservation: Reservation
  readonly run_budget: RunBudget | undefined
  readonly begun_at: number
  /** unwritten: in memory only; live: written as such. */
  state: 'unwritten' | 'writing' | 'live'
  ending: CallEnding | undefined
  /** Its unused part of the reservation was released. */
  given_back: boolean
}

export interface UsageBatch {
  /** Ended before they were written. */
  readonly spent: readonly Entry[]
  /** Not ended: they are written as live by this batch. */
  readonly kept: readonly Entry[]
  /** Ended after they were written as live. */
  readonly finished: readonly Entry[]
  readonly closed: readonly Reservation[]
  readonly now: number
}

/** How long a call may be in memory alone. */
export const write_after_ms = 25
/** How long a reservation is kept that nobody draws from. */
export const idle_ms = 1_000
export const entries_max = 256

export interface UsageBuffer {
  begin(begun: Pick<Entry, 'call' | 'reservation' | 'run_budget'>): void
  /** Undefined where the call has ended before. */
  end(ending: CallEnding): Entry | undefined
  /** The next batch: what is due, or everything. */
  takeBatch(isAll: boolean): UsageBatch
  /** The batch is written, but for calls of these reservations, which had been charged as lost. */
  markWritten(batch: UsageBatch, lostReservationIds: ReadonlySet<string>): void
  /** The batch is not written. */
  putBack(batch: UsageBatch): void
  /** Calls and endings that wait for being written. */
  size(): number
  isEmpty(): boolean
}

interface Memory {
  /** Begun and not ended. */
  readonly entries: Map<string, Entry>
  /** Those of them that are not written, the oldest first. */
  readonly unwritten: Map<string, Entry>
  ended: Entry[]
  closing: Reservation[]
}

export function createUsageBuffer(pools: Pick<ReservationPools, 'takeIdle'>): UsageBuffer {
  const memory: Memory = { entries: new Map(), unwritten: new Map(), ended: [], closing: [] }
  return {
    begin(begun) {
      const entry: Entry = {
        ...begun,
        begun_at: performance.now(),
        state: 'unwritten',
        ending: undefined,
        given_back: false,
      }
      memory.entries.set(entry.call.id, entry)
      memory.unwritten.set(entry.call.id, entry)
    },
    end(ending) {
      const entry = memory.entries.get(ending.id)
      if (!entry) return undefined
      memory.entries.delete(ending.id)
      memory.unwritten.delete(ending.id)
      entry.ending = ending
      if (entry.state === 'unwritten') releaseUnused(entry)
      memory.ended.push(entry)
      return entry
    },
    takeBatch: (isAll) => takeBatch(memory, pools, isAll),
    markWritten({ kept }, lostReservationIds) {
      for (const entry of kept) {
        if (lostReservationIds.has(entry.reservation.id)) {
          entry.reservation.broken = true
          markUnwritten(memory, entry)
        } else entry.state = 'live'
      }
    },
    putBack({ spent, kept, finished, closed }) {
      for (const entry of kept) markUnwritten(memory, entry)
      for (const { reservation } of spent) reservation.out += 1
      memory.ended = [...spent, ...finished, ...memory.ended]
      memory.closing.push(...closed)
    },
    size: () => memory.unwritten.size + memory.ended.length,
    isEmpty: () => memory.unwritten.size + memory.ended.length + memory.closing.length === 0,
  }
}

function takeBatch(memory: Memory, pools: Pick<ReservationPools, 'takeIdle'>, isAll: boolean): UsageBatch {
  const now = performance.now()
  const dueEntries = memory.ended.slice(0, entries_max)
  memory.ended = memory.ended.slice(entries_max)
  const kept = takeKept(memory.unwritten, isAll ? now : now - write_after_ms)
  const spent = dueEntries.filter(({ state }) => state === 'unwritten')
  for (const entry of spent) releaseUnused(entry)
  for (const { reservation } of [...spent, ...kept]) reservation.out -= 1
  const closed = [...memory.closing, ...pools.takeIdle(isAll ? now : now - idle_ms)].filter(({ broken }) => !broken)
  memory.closing = []
  return { spent, kept, finished: dueEntries.filter(({ state }) => state === 'live'), closed, now }
}

function markUnwritten({ unwritten }: Memory, entry: Entry): void {
  entry.state = 'unwritten'
  entry.reservation.out += 1
  if (!entry.ending) unwritten.set(entry.call.id, entry)
}

/** Releases the unused part of its hold, once. */
function releaseUnused(entry: Entry): void {
  const { reservation, call, ending, given_back } = entry
  if (!ending || given_back) return
  entry.given_back = true
  release(reservation, call.held, ending.used)
}

/** Takes the calls that have to be written as live: those that began before, and those of retired reservations. */
function takeKept(unwritten: Map<string, Entry>, begun_before: number): readonly Entry[] {
  const keptEntries: Entry[] = []
  for (const entry of unwritten.values()) {
    if (keptEntries.length >= entries_max) break
    const { begun_at, reservation } = entry
    // A call of a reservation that was charged as lost stays in memory until it ends.
    if (!reservation.broken && (begun_at <= begun_before || reservation.retired)) keptEntries.push(entry)
  }
  for (const entry of keptEntries) {
    unwritten.delete(entry.call.id)
    entry.state = 'writing'
  }
  return keptEntries
}
