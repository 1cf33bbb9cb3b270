import { setImmediate } from 'node:timers/promises'
import type { Steps } from './steps.ts'

/** Slices of long work on the main thread, which answers requests in between. */
export interface Turns {
  /** Ends the slice if it has lasted long enough: undefined, or a promise to wait for. */
  pass(): Promise<void> | undefined
  /** Ends the slice however long it has lasted. */
  next(): Promise<void>
}

const slice_ms = 10

export function createTurns(): Turns {
  let began = performance.now()
  const next = async (): Promise<void> => {
    await setImmediate()
    began = performance.now()
  }
  return { next, pass: () => (performance.now() - began < slice_ms ? undefined : next()) }
}

/** Does the work in slices; the work after it may start another slice. */
export async function inTurns<Result>(steps: Steps<Result>, turns: Turns): Promise<Result> {
  for (;;) {
    const step = steps.next()
    const end = turns.pass()
    if (end) await end
    if (step.done) return step.value
  }
}
