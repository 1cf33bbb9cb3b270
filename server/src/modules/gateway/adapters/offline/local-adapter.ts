import type { Bounded } from '../../../../platform/threads/bounded.ts'
import type { AdapterCall, StreamStep, Wire, WireAnswer } from '../../gateway.types.ts'

/** A provider inside the process. */
export interface LocalAdapter {
  readonly wires: readonly Wire[]
  /** @throws MusterError `invalid`, `too_costly` and `unavailable` */
  compute(
    adapterCall: AdapterCall,
    bounded: Pick<Bounded, 'run'>,
  ): Promise<{ readonly answer: WireAnswer; readonly stream: readonly StreamStep[] }>
}
