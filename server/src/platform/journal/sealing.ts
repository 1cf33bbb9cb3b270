import type { Dispatch } from '../dispatch/dispatch.ts'
import type { Log } from '../log.ts'
import { pause } from './pause.ts'
import type { Sealed, Sequencer } from './sequencer.ts'

export interface SealingOptions {
  readonly sequencer: Sequencer
  readonly dispatch: Dispatch
  readonly log: Log
  /** Called after the commit. Must neither throw nor wait. */
  onSealed(sealed: Sealed): void
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
  let hinted = true
  let wake = new AbortController()
  const heard = dispatch.listen('journal', () => {
    hinted = true
    wake.abort()
  })
  stop.signal.addEventListener('abort', () => wake.abort())

  /** Resolves at a hint. */
  async function rest(): Promise<void> {
    if (!hinted && !stop.signal.aborted) await aborted(wake.signal)
    hinted = false
    wake = new AbortController()
  }

  async function pass(): Promise<Sealed> {
    for (let helpings = 1; ; helpings += 1) {
      const sealed = await sequencer.seal()
      if (sealed.events > 0) onSealed(sealed)
      if (!sealed.more || helpings === helpings_max) return sealed
    }
  }

  async function run(): Promise<void> {
    let waiting_ms = busy_ms
    let failed: number = failed_ms.first
    while (!stop.signal.aborted) {
      const began = performance.now()
      try {
        const { events, more, waiting } = await pass()
        failed = failed_ms.first
        waiting_ms = events > 0 || !waiting ? busy_ms : Math.min(waiting_ms_max, waiting_ms * 2)
        await pause(Math.max(0, waiting_ms - (performance.now() - began)), stop.signal)
        if (!more && !waiting) await rest()
      } catch (err) {
        log.error({ err, retry_after_ms: failed }, 'the journal cannot be sealed at the moment')
        await pause(failed, stop.signal)
        failed = Math.min(failed_ms.most, failed * 2)
      }
    }
  }

  const running = run()
  return {
    async [Symbol.asyncDispose]() {
      heard[Symbol.dispose]()
      stop.abort()
      await running
      await pass().catch((err: unknown) => log.warn({ err }, 'the end of the journal will be sealed at the next start'))
    },
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
