/** When usage is written: a moment after a call, at once where somebody waits for it, and again after a failure. */
import { createBatcher } from '../../../platform/concurrency/batcher.ts'
import type { Log } from '../../../platform/log.ts'
import type { ReservationPools } from './reservation-pools.ts'
import { entries_max, idle_ms, type UsageBuffer, write_after_ms } from './usage-buffer.ts'

export interface UsageTimerOptions {
  readonly buffer: Pick<UsageBuffer, 'size' | 'isEmpty'>
  readonly pools: Pick<ReservationPools, 'isEmpty'>
  readonly log: Log
  /** Writes one batch, what is due or everything; says whether more is waiting. */
  write(isAll: boolean): Promise<boolean>
}

export interface UsageTimer extends AsyncDisposable {
  /** Something is new in the buffer. */
  hasten(): void
  /** Writes what is due, and the calls of retired reservations with holds of their own. */
  writeDue(): Promise<void>
  /** Writes everything, and releases unused reservations. */
  writeAll(): Promise<void>
}

const retry_ms = 250
const closing_attempts_max = 3

export function createUsageTimer({ buffer, pools, log, write }: UsageTimerOptions): UsageTimer {
  let timer: NodeJS.Timeout | undefined
  let isDisposed = false
  const batcher = createWriteBatcher(write)

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

  return {
    hasten() {
      // It replaces a longer wait for idle reservations.
      if (buffer.size() === 1) {
        clearTimeout(timer)
        timer = undefined
      }
      schedule(write_after_ms)
    },
    writeDue: () => batcher.add('due'),
    writeAll: () => batcher.add('all'),
    async [Symbol.asyncDispose]() {
      isDisposed = true
      clearTimeout(timer)
      await writeAtShutdown(() => batcher.add('all'), log)
    },
  }
}

/** One batch at a time; whoever asks meanwhile shares the next. */
function createWriteBatcher(write: UsageTimerOptions['write']) {
  return createBatcher<'due' | 'all', undefined>({
    items_max: entries_max,
    isCommon: () => true,
    async write(requests) {
      for (let isMore = true; isMore; ) isMore = await write(requests.includes('all'))
      return requests.map(() => undefined)
    },
  })
}

/** Calls that cannot be written at the end are charged as lost later. */
async function writeAtShutdown(writeAll: () => Promise<void>, log: Log): Promise<void> {
  for (let attempts = 1; attempts <= closing_attempts_max; attempts++)
    try {
      return await writeAll()
    } catch (err) {
      log.error({ err, attempts }, 'usage could not be saved at shutdown')
    }
}
