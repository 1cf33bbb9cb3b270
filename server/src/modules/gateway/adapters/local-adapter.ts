import type { Bounded } from '../../../platform/threads/bounded.ts'
import type { Answered, Asked, StreamStep, Wire } from '../gateway.types.ts'

/** A provider inside the process. */
export interface LocalAdapter {
  readonly wires: readonly Wire[]
  /** @throws MusterError `invalid`, `too_costly` and `unavailable` */
  compute(
    asked: Asked,
    bounded: Bounded,
  ): Promise<{ readonly answered: Answered; readonly stream: readonly StreamStep[] }>
}
