import { setImmediate } from 'node:timers/promises'

/** Long work of the main thread in slices, between which it answers. */
export interface Turns {
  /** Ends the slice where it has lasted long enough: undefined, or what to wait for. */
  pass(): Promise<void> | undefined
  /** Ends the slice however long it has lasted. */
  next(): Promise<void>
}

/** Work that may be interrupted wherever it yields. */
export type Steps<Result> = Generator<undefined, Result>

const slice_ms = 10

export function createTurns(): Turns {
  let began = performance.now()
  const next = async (): Promise<void> => {
    await setImmediate()
    began = performance.now()
  }
  return { next, pass: () => (performance.now() - began < slice_ms ? undefined : next()) }
}

/** Does the work in slices. */
export async function inTurns<Result>(steps: Steps<Result>, turns: Turns = createTurns()): Promise<Result> {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
    const end = turns.pass()
    if (end) await end
  }
}

/** Does the work at once. */
export function atOnce<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}
