import { setImmediate } from 'node:timers/promises'
import type { Steps } from './steps.ts'

/** Yields to the event loop between slices of long work, so that the main thread answers requests meanwhile. */
export interface EventLoopYielder {
  /** Yields if the slice has lasted long enough: undefined, or a promise to wait for. */
  yieldIfDue(): Promise<void> | undefined
  /** Yields however long the slice has lasted. */
  yieldNow(): Promise<void>
}

const slice_ms = 10

export function createYielder(): EventLoopYielder {
  let began = performance.now()
  const next = async (): Promise<void> => {
    await setImmediate()
    began = performance.now()
  }
  return { yieldNow: next, yieldIfDue: () => (performance.now() - began < slice_ms ? undefined : next()) }
}

/** Does the work in slices and yields between them; the work after it may start another slice. */
export async function runYielding<Result>(steps: Steps<Result>, yielder: EventLoopYielder): Promise<Result> {
  for (;;) {
    const step = steps.next()
    const end = yielder.yieldIfDue()
    if (end) await end
    if (step.done) return step.value
  }
}
