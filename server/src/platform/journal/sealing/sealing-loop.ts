import { pause } from '../../concurrency/pause.ts'
import type { Dispatch } from '../../dispatch/dispatch.ts'
import type { Log } from '../../log.ts'
import type { SealedBatch, Sequencer } from './sequencer.ts'

export interface SealingOptions {
  readonly sequencer: Sequencer
  readonly dispatch: Dispatch
  readonly log: Log
  /** Called after the commit. Must neither throw nor wait. */
  onSealed(batch: SealedBatch): void
}

/** The shortest time between two passes, and how many batches a pass takes. */
const busy_ms = 25
const helpings_max = 4
const waiting_ms_max = 400
const failed_ms = { first: 100, most: 5_000 } as const

/**
 * Seals entries continuously (`startSealing`). Every process may run it: only one of them seals at a time. Hints wake
 * it; while an entry cannot be numbered yet (an older transaction still runs) it looks again by itself, ever more
 * slowly. Disposing it seals what can still be sealed.
 */
export function startSealing({ sequencer, dispatch, log, onSealed }: SealingOptions): AsyncDisposable {
  const stop = new AbortController()
  let isHinted = true
  let wake = new AbortController()
  const hintListener = dispatch.listen('journal', () => {
    isHinted = true
    wake.abort()
  })
  stop.signal.addEventListener('abort', () => wake.abort())

  /** Resolves at a hint. */
  async function waitForHint(): Promise<void> {
    if (!isHinted && !stop.signal.aborted) await waitForAbort(wake.signal)
    isHinted = false
    wake = new AbortController()
  }

  async function pass(): Promise<SealedBatch> {
    for (let helpings = 1; ; helpings += 1) {
      const batch = await sequencer.seal()
      if (batch.events > 0) onSealed(batch)
      if (!batch.more || helpings === helpings_max) return batch
    }
  }

  async function run(): Promise<void> {
    let waiting_ms = busy_ms
    let retry_ms: number = failed_ms.first
    while (!stop.signal.aborted) {
      const began = performance.now()
      try {
        const { events, more, waiting } = await pass()
        retry_ms = failed_ms.first
        waiting_ms = events > 0 || !waiting ? busy_ms : Math.min(waiting_ms_max, waiting_ms * 2)
        await pause(Math.max(0, waiting_ms - (performance.now() - began)), stop.signal)
        if (!more && !waiting) await waitForHint()
      } catch (err) {
        log.error({ err, retry_after_ms: retry_ms }, 'the journal cannot be sealed at the moment')
        await pause(retry_ms, stop.signal)
        retry_ms = Math.min(failed_ms.most, retry_ms * 2)
      }
    }
  }

  const sealLoop = run()
  return {
    async [Symbol.asyncDispose]() {
      hintListener[Symbol.dispose]()
      stop.abort()
      await sealLoop
      await pass().catch((err: unknown) => log.warn({ err }, 'the end of the journal will be sealed at the next start'))
    },
  }
}

function waitForAbort(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
