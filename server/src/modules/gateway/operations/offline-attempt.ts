/** Runs an attempt at the offline provider, inside this process. */

import type { LocalAdapter } from '../adapters/local-adapter.ts'
import { offlineAdapter } from '../adapters/offline.ts'
import { ProviderFailure } from '../gateway.types.ts'
import { type Attempt, type AttemptTarget, brokenOff } from './attempt.ts'
import type { CallDependencies } from './call-dependencies.ts'
import { createRequestTimeouts } from './request-timeouts.ts'

/** Returns the answer whole and as a stream, charged. Throws `invalid`, `too_costly` and `unavailable`. */
export async function computeOffline(
  { bounded }: Pick<CallDependencies, 'bounded'>,
  attempt: Attempt,
  attempt_target: AttemptTarget,
): ReturnType<LocalAdapter['compute']> {
  const timeouts = createRequestTimeouts(attempt_target.context.definition.timeouts)
  try {
    const computed = await offlineAdapter.compute(attempt.asked, bounded)
    timeouts.begun()
    await attempt.succeed(timeouts, computed.answered.usage)
    return computed
  } catch (error) {
    // It was refused before anything was computed.
    await attempt.fail(timeouts, new ProviderFailure('refused', brokenOff(error).message), undefined)
    throw error
  } finally {
    timeouts[Symbol.dispose]()
  }
}
