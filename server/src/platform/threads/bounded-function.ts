/**
 * A pure function over input of callers with a bound on its time (invariant 25). Where its estimate proves it cheap it
 * runs at once; else in a thread, which can be ended. Expected failures are part of its output: an exception is a
 * mistake of ours.
 */
export interface BoundedFunction<Input, Output> {
  readonly name: string
  /** What is evaluated, as the beginning of a sentence: `The playbook`. */
  readonly subject: string
  /** What a caller can do about one that takes too long. */
  readonly remedy: string
  /** As long as it may take in a thread. */
  readonly time_ms: number
  /** An upper bound of its time on the main thread, from sizes alone; infinite where sizes do not tell. */
  estimateMs(input: Input): number
  /** A smaller value that identifies the input, where the whole is large; default all of it. */
  identityOf?(input: Input): unknown
  run(input: Input): Output
  /** Bytes of the input that are moved into the thread instead of copied; nobody else may use them any more. */
  inputBytes?(input: Input): readonly ArrayBuffer[]
  /** Bytes of the output that are moved out of it. */
  outputBytes?(output: Output): readonly ArrayBuffer[]
}

/** Checks the parts of a bounded function against each other's types. */
export function boundedFunction<Input, Output>(
  definition: BoundedFunction<Input, Output>,
): BoundedFunction<Input, Output> {
  return definition
}
