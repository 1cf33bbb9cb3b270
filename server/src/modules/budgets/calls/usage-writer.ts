/**
 * Writes attempts and their charges after the calls, in batches (`UsageWriter`). An attempt that ends within moments is
 * written once, with its charge; one that goes on is written as live, and its hold leaves the reservation.
 */
import { createBatcher } from '../../../platform/batcher.ts'
import type { Engine } from '../../../platform/db/db.ts'
import { isCommonFailure } from '../../../platform/db/failures.ts'
import type { Log } from '../../../platform/log.ts'
import type { Reservation } from '../rules/reservation-pool.ts'
import type { EndedAttempt, NewAttempt } from '../../gateway/store/attempts.store.ts'
import type { ReservationPools } from './reservation-pools.ts'
import { type Entry, type UsageBatch, type UsageBatchOptions, writeUsageBatch } from './usage-batch.ts'
import { createUsageBuffer, entries_max, idle_ms, type UsageBuffer, write_after_ms } from './usage-buffer.ts'

export interface UsageWriterOptions extends UsageBatchOptions {
  readonly engine: Engine
  readonly pools: ReservationPools
  readonly log: Log
}

export interface UsageWriter extends AsyncDisposable {
  beginAttempt(attempt: NewAttempt, reservation: Reservation): void
  /** Ends an attempt; the first ending counts. Waits for the charge where it costs more than was held. */
  endAttempt(endedAttempt: EndedAttempt): Promise<void>
  /** Releases retired reservations: calls that have drawn from them are written with holds of their own. */
  release(): Promise<void>
  /** Writes everything, and releases unused reservations. */
  flush(): Promise<void>
}

const retry_ms = 250
const closing_attempts_max = 3

export function createUsageWriter(options: UsageWriterOptions): UsageWriter {
  const { pools, log } = options
  const buffer = createUsageBuffer(pools)
  const write = createWriter(options, buffer)
  let timer: NodeJS.Timeout | undefined
  let isDisposed = false

  /** One batch at a time; whoever asks meanwhile shares the next. */
  const batcher = createBatcher<'due' | 'all', undefined>({
    items_max: entries_max,
    isCommon: () => true,
    async write(requests) {
      for (let isMore = true; isMore; ) isMore = await write(requests.includes('all'))
      return requests.map(() => undefined)
    },
  })

  function schedule(ms: number): void {
    if (timer || isDisposed) return
    timer = setTimeout(() => {
      timer = undefined
      batcher.add('due').then(scheduleNext, (err: unknown) => {
        log.error({ err }, 'usage could not be saved; retrying')
        schedule(retry_ms)
      })
    }, ms)
    // The timer does not keep the process alive; disposing releases the reservations.
    timer.unref()
  }

  function scheduleNext(): void {
    if (!buffer.isEmpty()) schedule(write_after_ms)
    else if (!pools.isEmpty()) schedule(idle_ms)
  }

  /** Replaces a longer wait for idle reservations. */
  function hasten(): void {
    if (buffer.size() === 1) {
      clearTimeout(timer)
      timer = undefined
    }
    schedule(write_after_ms)
  }

  return {
    beginAttempt(attempt, reservation) {
      buffer.beginAttempt(attempt, reservation)
      hasten()
    },
    async endAttempt(endedAttempt) {
      const entry = buffer.endAttempt(endedAttempt)
      if (!entry) return
      hasten()
      // A cost above the hold may close a limit, which the next call has to see.
      if (isOver(entry)) await batcher.add('due')
    },
    release: () => batcher.add('due'),
    flush: () => batcher.add('all'),
    async [Symbol.asyncDispose]() {
      isDisposed = true
      clearTimeout(timer)
      await writeOut(() => batcher.add('all'), log)
    },
  }
}

/** Attempts that cannot be written at the end are charged as lost later. */
async function writeOut(flush: () => Promise<void>, log: Log): Promise<void> {
  for (let attempts = 1; attempts <= closing_attempts_max; attempts++)
    try {
      return await flush()
    } catch (err) {
      log.error({ err, attempts }, 'usage could not be saved at shutdown')
    }
}

/** Writes one batch of the buffer; says whether more is waiting. */
function createWriter(
  { engine, budgets, log }: UsageWriterOptions,
  buffer: UsageBuffer,
): (isAll: boolean) => Promise<boolean> {
  async function write(batch: UsageBatch): Promise<void> {
    const { gone } = await engine.transact((tx) => writeUsageBatch({ budgets }, tx, batch))
    buffer.markWritten(batch, gone)
  }

  /** A bad entry does not keep the others from being written; its reservation or row ends as lost. */
  async function writeSingly(batch: UsageBatch): Promise<void> {
    buffer.putBack({ ...batch, spent: [], finished: [] })
    const none = { ...batch, kept: [], closed: [], spent: [], finished: [] }
    const singles = [
      ...batch.spent.map((entry) => ({ entry, one: { ...none, spent: [entry] } })),
      ...batch.finished.map((entry) => ({ entry, one: { ...none, finished: [entry] } })),
    ]
    for (const { entry, one } of singles)
      await write(one).catch((err: unknown) => {
        if (isCommonFailure(err)) return buffer.putBack(one)
        entry.reservation.broken = true
        const { id: attempt_id } = entry.attempt
        log.error({ err, attempt_id }, 'an attempt could not be saved; its reservation is charged')
      })
  }

  return async (isAll) => {
    const batch = buffer.takeBatch(isAll)
    const { spent, kept, finished, closed } = batch
    if (spent.length + kept.length + finished.length + closed.length === 0) return false
    try {
      await write(batch)
    } catch (err) {
      if (isCommonFailure(err) || spent.length + finished.length === 0) {
        buffer.putBack(batch)
        throw err
      }
      log.error({ err }, 'a batch of usage could not be saved; retrying its entries one by one')
      await writeSingly(batch)
    }
    return [spent.length + finished.length, isAll ? kept.length : 0].some((count) => count >= entries_max)
  }
}

function isOver({ attempt, ended }: Entry): boolean {
  if (!ended) return false
  return ended.cost_micro_usd > attempt.held_micro_usd || ended.charged_tokens > attempt.held_tokens
}
