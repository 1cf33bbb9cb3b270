/** The way of a call: one try after the other, until one answers. */
import { MusterError } from '../../../platform/errors.ts'
import { newId } from '../../../platform/ids.ts'
import type { GatewayPort, ModelAnswer, ModelCall } from '../gateway.port.ts'
import { type Answered, ProviderFailure } from '../gateway.types.ts'
import { type Asking, askWhole, stopWithClient } from './ask-whole.ts'
import { beginAttempt, brokenOff, type Leg } from './attempt.ts'
import { askingOf, type CallOptions, countFailure, factsOf } from './calling.ts'
import { computeOffline } from './offline-leg.ts'
import { failedCall, tooBusy } from './refusals.ts'
import { streamCall } from './stream-call.ts'
import { createTrail, type Trail } from './trail.ts'

export function createCall(options: CallOptions): GatewayPort['call'] {
  return async (given) => {
    const call = options.limitKeys(given)
    const resolved = await options.resolver.resolve(call)
    const { model, scopes } = resolved
    const ask = async (asked: ModelCall): Promise<ModelAnswer> => {
      const { meter } = options
      const context = { call: asked, call_id: newId(), scopes, definition: model.definition, meter }
      const trail = createTrail(options, context, resolved)
      return asked.body.stream === true ? streamCall(options, context, trail) : wholeCall(options, trail)
    }
    const { cache } = model.definition
    if (!cache || isFresh(call)) return ask(call)
    const { embeddings, answers } = options.caches
    const kept = call.wire === 'embeddings' ? embeddings : answers
    const admit = () => options.accounting.admit(scopes)
    const answer = await kept.answer({ call, model, ttl_ms: cache.ttl_ms, ask, admit })
    if (answer.cache) options.meter.cached(answer.cache)
    return answer
  }
}

/** Who says so is asked for alone (RFC 9111 §5.2.1). */
const isFresh = ({ headers }: ModelCall): boolean => /\bno-(cache|store)\b/i.test(headers?.['cache-control'] ?? '')

async function wholeCall(options: CallOptions, trail: Trail): Promise<ModelAnswer> {
  let failure: ProviderFailure | undefined
  for (let leg = await trail.next(); leg; leg = await trail.next(failure)) {
    const answered = await tryWhole(options, leg)
    if (!(answered instanceof ProviderFailure)) return { ...factsOf(leg), kind: 'whole', body: answered.body }
    failure = answered
  }
  throw failure ? failedCall(failure) : tooBusy()
}

/** The answer, or the failure that another try or target may mend. */
async function tryWhole(options: CallOptions, leg: Leg): Promise<Answered | ProviderFailure> {
  const { accounting, health } = options
  const { provider } = leg
  health.called(provider.id)
  const attempt = await beginAttempt(accounting, leg)
  if (provider.kind === 'offline') return (await computeOffline(options, attempt, leg)).answered
  try {
    const asking = askingOf(options, attempt, leg)
    const answered = await askedWhole(asking)
    // Where this cannot be written, the attempt stays as it is and ends as lost: what was held is charged.
    await attempt.succeed(asking.clock, answered.usage)
    health.succeeded(provider.id)
    return answered
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error
    countFailure(options, provider, error)
    return error
  }
}

async function askedWhole(asking: Asking): Promise<Answered> {
  const { attempt, clock } = asking
  using _client = stopWithClient(asking)
  try {
    return await askWhole(asking)
  } catch (error) {
    const failure = brokenOff(error)
    await attempt.fail(clock, failure, undefined)
    throw error instanceof MusterError ? error : failure
  } finally {
    clock[Symbol.dispose]()
  }
}
