/** Decides which attempt comes next: targets in their order, each with its retries and waits. */
import { setTimeout as delay } from 'node:timers/promises'
import { limits } from '@muster/contract/limits'
import { offlineAdapter } from '../adapters/offline/offline.ts'
import { adapterOf } from '../adapters/registry.ts'
import type { Provider, ProviderFailure, Target, Wire } from '../gateway.types.ts'
import type { ProviderHealth } from '../providers/provider-health.ts'
import { consequences } from '../rules/failures.ts'
import { waitMs } from '../rules/retries.ts'
import type { AttemptTarget, CallContext } from './attempt.ts'
import { notSpoken } from './refusals.ts'
import type { ResolvedCall } from './resolver.ts'

export interface Failover {
  /** The next try, or the first one; undefined where there is none left. */
  next(failure?: ProviderFailure): Promise<AttemptTarget | undefined>
}

export interface FailoverOptions {
  readonly health: ProviderHealth
  /** In [0, 1). */
  readonly random: () => number
}

/** Throws `invalid` where no target speaks the call's wire. */
export function createFailover(options: FailoverOptions, context: CallContext, resolvedCall: ResolvedCall): Failover {
  const { health } = options
  const reachable = reachableTargets(resolvedCall, context.call.wire)
  if (reachable.length === 0) throw notSpoken(context.call)
  let at = -1
  let attempts = 0
  let attemptsMade = 0

  /** Goes to the next target whose provider's breaker is not open. */
  function advance(): void {
    attempts = 0
    do at += 1
    while (at < reachable.length && !health.passes(reachable[at]?.provider.id ?? ''))
  }

  async function choose(failure: ProviderFailure | undefined): Promise<void> {
    const reachableTarget = reachable[at]
    if (!failure || !reachableTarget) return advance()
    if (failure.learned) return
    const wait = waitBeforeRetry(options, { failure, attempts, context, provider: reachableTarget.provider })
    // A client that goes ends the wait, and `next` sees that.
    if (wait !== undefined) await delay(wait, undefined, { signal: context.call.signal }).catch(() => {})
    else if (consequences[failure.outcome].falls_back) advance()
    else at = reachable.length
  }

  return {
    async next(failure) {
      if (attemptsMade >= limits.model_attempts_max) return undefined
      if (failure && context.call.signal.aborted) return undefined
      await choose(failure)
      const reachableTarget = reachable[at]
      if (!reachableTarget || (failure && context.call.signal.aborted)) return undefined
      attempts += 1
      attemptsMade += 1
      return { context, ...reachableTarget, number: attemptsMade }
    },
  }
}

/** A target of a call, with its provider, if that speaks the call's wire. */
interface Reachable {
  readonly target: Target
  readonly provider: Provider
}

function reachableTargets({ targets, providers }: ResolvedCall, wire: Wire): readonly Reachable[] {
  return targets.flatMap((target) => {
    const provider = providers.get(target.provider)
    const wires = provider && (provider.kind === 'offline' ? offlineAdapter.wires : adapterOf(provider.kind).wires)
    return provider && wires?.includes(wire) ? [{ target, provider }] : []
  })
}

interface FailedTry {
  readonly failure: ProviderFailure
  readonly attempts: number
  readonly context: CallContext
  readonly provider: Provider
}

function waitBeforeRetry({ health, random }: FailoverOptions, { failure, attempts, context, provider }: FailedTry) {
  if (!consequences[failure.outcome].retried || attempts > context.definition.retries) return undefined
  const { retry_after_ms } = failure
  const wait = waitMs({
    attempts,
    retry_after_ms,
    retry_after_ms_max: limits.model_retry_after_ms_max,
    random: random(),
  })
  return wait !== undefined && health.mayRetry(provider.id) ? wait : undefined
}
