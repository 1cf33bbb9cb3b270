import { setImmediate } from 'node:timers/promises'
import type { Steps } from './steps.ts'

/** Long work of the main thread in slices, between which it answers. */
export interface Turns {
  /** Ends the slice where it has lasted long enough: undefined, or what to wait for. */
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

/** Does the work in slices; what follows it may begin another. */
export async function inTurns<Result>(steps: Steps<Result>, turns: Turns): Promise<Result> {
  for (;;) {
    const step = steps.next()
    const end = turns.pass()
    if (end) await end
    if (step.done) return step.value
  }
}
