/** The parts of the gateway that calls and attempts use. */
import { invariant } from '../../../platform/errors.ts'
import type { Log } from '../../../platform/log.ts'
import type { Bounded } from '../../../platform/threads/bounded.ts'
import type { ProviderHttp } from '../adapters/provider-http.ts'
import { adapterOf } from '../adapters/registry.ts'
import type { CachedAnswers } from '../cache/cached-answers.ts'
import type { CallFacts } from '../gateway.port.ts'
import type { Provider, ProviderFailure } from '../gateway.types.ts'
import type { ProviderCompatibility } from '../providers/provider-compatibility.ts'
import type { ProviderHealth } from '../providers/provider-health.ts'
import { consequences } from '../rules/failures.ts'
import type { ProviderRequestContext } from './ask-whole.ts'
import type { Attempt, AttemptAccounting, AttemptTarget } from './attempt.ts'
import type { CallAdmission } from './call-admission.ts'
import type { Meter } from './meter.ts'
import { createRequestTimeouts } from './request-timeouts.ts'
import type { Resolver } from './resolver.ts'

export interface CallDependencies {
  readonly resolver: Resolver
  readonly accounting: AttemptAccounting
  readonly admission: CallAdmission
  readonly http: ProviderHttp
  readonly health: ProviderHealth
  readonly caches: { readonly answers: CachedAnswers; readonly embeddings: CachedAnswers }
  readonly compatibility: ProviderCompatibility
  readonly meter: Meter
  readonly log: Log
  readonly bounded: Bounded
  /** In [0, 1). */
  readonly random: () => number
  /** Keeps the gateway open until a stream that goes on after its call has ended. */
  follow(streamEnd: Promise<void>): void
}

export function providerRequestContext(
  { http, compatibility, bounded }: Pick<CallDependencies, 'http' | 'compatibility' | 'bounded'>,
  attempt: Attempt,
  attemptTarget: AttemptTarget,
): ProviderRequestContext {
  const { provider, context } = attemptTarget
  invariant(provider.kind !== 'offline', 'the offline provider is not asked over HTTP')
  const timeouts = createRequestTimeouts(context.definition.timeouts)
  const adapterCall = { ...attempt.adapterCall, unsupported: compatibility.of(provider) }
  const adapter = adapterOf(provider.kind)
  return { http, bounded, adapter, attempt, adapterCall, attemptTarget, timeouts, compatibility }
}

export function countFailure(
  { health }: Pick<CallDependencies, 'health'>,
  { id }: Provider,
  { outcome }: ProviderFailure,
): void {
  if (consequences[outcome].trips) health.recordFailure(id)
}

export function factsOf({ target, provider, number }: AttemptTarget): CallFacts {
  return { model: target.alias, model_version: target.version, provider: provider.name, attempts: number }
}
