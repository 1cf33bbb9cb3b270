/** Pure work in steps: it may be interrupted wherever it yields. */
export type Steps<Result> = Generator<undefined, Result>

/** Does the work at once. */
export function atOnce<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}
