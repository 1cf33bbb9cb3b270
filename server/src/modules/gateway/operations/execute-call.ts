/** Executes a call: one attempt after the other, until one answers. */
import { MusterError } from '../../../platform/errors.ts'
import { newId } from '../../../platform/ids.ts'
import { askWhole, type ProviderRequestContext, stopWithClient } from '../calls/ask-whole.ts'
import { type AttemptTarget, beginAttempt, brokenOff } from '../calls/attempt.ts'
import { type CallDependencies, countFailure, factsOf, providerRequestContext } from '../calls/call-dependencies.ts'
import { createFailover, type Failover } from '../calls/failover.ts'
import { computeOffline } from '../calls/offline-attempt.ts'
import { failedCall, tooBusy } from '../calls/refusals.ts'
import { streamCall } from '../calls/stream-call.ts'
import type { GatewayPort, ModelAnswer, ModelCall } from '../gateway.port.ts'
import { ProviderFailure, type Wire, type WireAnswer } from '../gateway.types.ts'

export function createCall(options: CallDependencies): GatewayPort['call'] {
  return async (requestedCall) => {
    const call = { ...requestedCall, run_budget: options.accounting.countCall(requestedCall) }
    const resolvedCall = await options.resolver.resolve(call)
    const { model, scopes } = resolvedCall
    const ask = async (modelCall: ModelCall): Promise<ModelAnswer> => {
      const { meter } = options
      const context = { call: modelCall, call_id: newId(), scopes, definition: model.definition, meter }
      const failover = createFailover(options, context, resolvedCall)
      return modelCall.body.stream === true ? streamCall(options, context, failover) : wholeCall(options, failover)
    }
    const { cache } = model.definition
    if (!cache || isFresh(call) || !cachedWires.includes(call.wire)) return ask(call)
    const { embeddings, answers } = options.caches
    const answerCache = call.wire === 'embeddings' ? embeddings : answers
    const admit = () => options.admission.admit(scopes)
    const answer = await answerCache.answer({ call, model, ttl_ms: cache.ttl_ms, ask, admit })
    if (answer.cache) options.meter.recordCacheResult(answer.cache)
    return answer
  }
}

/** Answers of the others have ids that the next request may name. */
const cachedWires: readonly Wire[] = ['chat', 'messages', 'embeddings']

/** Such a call is neither cached nor shared (RFC 9111 §5.2.1). */
const isFresh = ({ headers }: ModelCall): boolean => /\bno-(cache|store)\b/i.test(headers?.['cache-control'] ?? '')

async function wholeCall(options: CallDependencies, failover: Failover): Promise<ModelAnswer> {
  let failure: ProviderFailure | undefined
  for (let attemptTarget = await failover.next(); attemptTarget; attemptTarget = await failover.next(failure)) {
    const result = await tryWhole(options, attemptTarget)
    if (!(result instanceof ProviderFailure)) return { ...factsOf(attemptTarget), kind: 'whole', body: result.body }
    failure = result
  }
  throw failure ? failedCall(failure) : tooBusy()
}

/** The answer, or a failure after which another attempt may help. */
async function tryWhole(
  options: CallDependencies,
  attemptTarget: AttemptTarget,
): Promise<WireAnswer | ProviderFailure> {
  const { accounting, health } = options
  const { provider } = attemptTarget
  health.recordCall(provider.id)
  const attempt = await beginAttempt(accounting, attemptTarget)
  if (provider.kind === 'offline') return (await computeOffline(options, attempt, attemptTarget)).answer
  try {
    const requestContext = providerRequestContext(options, attempt, attemptTarget)
    const wireAnswer = await askForAttempt(requestContext)
    // Where this cannot be written, the attempt stays as it is and ends as lost: what was held is charged.
    await attempt.succeed(requestContext.timeouts, wireAnswer.usage)
    health.recordSuccess(provider.id)
    return wireAnswer
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error
    countFailure(options, provider, error)
    return error
  }
}

async function askForAttempt(requestContext: ProviderRequestContext): Promise<WireAnswer> {
  const { attempt, timeouts } = requestContext
  using _client = stopWithClient(requestContext)
  try {
    return await askWhole(requestContext)
  } catch (error) {
    const failure = brokenOff(error)
    await attempt.fail(timeouts, failure, failure.usage)
    throw error instanceof MusterError ? error : failure
  } finally {
    timeouts[Symbol.dispose]()
  }
}
