/** An attempt at the provider inside the process. */

import type { LocalAdapter } from '../adapters/local-adapter.ts'
import { offlineAdapter } from '../adapters/offline.ts'
import { ProviderFailure } from '../gateway.types.ts'
import { type Attempt, brokenOff, type Leg } from './attempt.ts'
import type { CallOptions } from './calling.ts'
import { createClock } from './clock.ts'

/** Gives the answer whole and as a stream; it is charged by then. Throws `invalid`, `too_costly` and `unavailable`. */
export async function computeOffline(
  { bounded }: Pick<CallOptions, 'bounded'>,
  attempt: Attempt,
  leg: Leg,
): ReturnType<LocalAdapter['compute']> {
  const clock = createClock(leg.context.definition.timeouts)
  try {
    const computed = await offlineAdapter.compute(attempt.asked, bounded)
    clock.begun()
    await attempt.succeed(clock, computed.answered.usage)
    return computed
  } catch (error) {
    // It was refused before anything was computed.
    await attempt.fail(clock, new ProviderFailure('refused', brokenOff(error).message), undefined)
    throw error
  } finally {
    clock[Symbol.dispose]()
  }
}
