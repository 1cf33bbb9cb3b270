/** Runs an attempt at the offline provider, inside this process. */

import type { LocalAdapter } from '../adapters/offline/local-adapter.ts'
import { offlineAdapter } from '../adapters/offline/offline.ts'
import { ProviderFailure } from '../gateway.types.ts'
import { type Attempt, type AttemptTarget, brokenOff } from './attempt.ts'
import type { CallDependencies } from './call-dependencies.ts'
import { createRequestTimeouts } from './request-timeouts.ts'

/** Returns the answer whole and as a stream, charged. Throws `invalid`, `too_costly` and `unavailable`. */
export async function computeOffline(
  { bounded }: Pick<CallDependencies, 'bounded'>,
  attempt: Attempt,
  attemptTarget: AttemptTarget,
): ReturnType<LocalAdapter['compute']> {
  const timeouts = createRequestTimeouts(attemptTarget.context.definition.timeouts)
  try {
    const result = await offlineAdapter.compute(attempt.adapterCall, bounded)
    timeouts.noteFirstContent()
    await attempt.succeed(timeouts, result.answer.usage)
    return result
  } catch (error) {
    // It was refused before anything was computed.
    await attempt.fail(timeouts, new ProviderFailure('refused', brokenOff(error).message), undefined)
    throw error
  } finally {
    timeouts[Symbol.dispose]()
  }
}
