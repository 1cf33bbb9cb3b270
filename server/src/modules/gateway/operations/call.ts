/** The way of a call: targets in their order, each tried as often as it may be, until one answers. */

import { setTimeout as delay } from 'node:timers/promises'
import { limits } from '@muster/contract/limits'
import { MusterError } from '../../../platform/errors.ts'
import { newId } from '../../../platform/ids.ts'
import type { Log } from '../../../platform/log.ts'
import { offlineAdapter } from '../adapters/offline.ts'
import type { ProviderHttp } from '../adapters/provider-http.ts'
import { adapterOf } from '../adapters/registry.ts'
import type { GatewayPort, ModelAnswer } from '../gateway.port.ts'
import { type Answered, type Provider, ProviderFailure, type Target, type Wire } from '../gateway.types.ts'
import { consequences } from '../rules/failures.ts'
import { waitMs } from '../rules/retries.ts'
import type { Accounting } from './accounting.ts'
import { askStream } from './ask-stream.ts'
import { type Asking, askWhole } from './ask-whole.ts'
import { type Attempt, beginAttempt, brokenOff, type CallContext, type Leg } from './attempt.ts'
import { createClock } from './clock.ts'
import type { ProviderHealth } from './health.ts'
import { failedCall, notSpoken, tooBusy } from './refusals.ts'
import type { Resolved, Resolver } from './resolve.ts'

export interface CallOptions {
  readonly resolver: Resolver
  readonly accounting: Accounting
  readonly http: ProviderHttp
  readonly health: ProviderHealth
  readonly log: Log
  /** In [0, 1). */
  readonly random: () => number
  /** Takes note of a stream that goes on behind its call, until it has ended. */
  follow(ended: Promise<void>): void
}

export function createCall(options: CallOptions): GatewayPort['call'] {
  return async (call) => {
    const resolved = await options.resolver.resolve(call)
    const context = { call, call_id: newId(), scopes: resolved.scopes, definition: resolved.model.definition }
    return tryTargets(options, context, resolved)
  }
}

/** A target of a call, with its provider, if that speaks the call's wire. */
interface Reachable {
  readonly target: Target
  readonly provider: Provider
}

async function tryTargets(options: CallOptions, context: CallContext, resolved: Resolved): Promise<ModelAnswer> {
  const { health } = options
  const { call } = context
  const reachable = reachableTargets(resolved, call.wire)
  if (reachable.length === 0) throw notSpoken(call)
  let made = 0
  let last: ProviderFailure | undefined
  for (const { target, provider } of reachable) {
    if (!health.passes(provider.id)) continue
    for (let tries = 1; made < limits.model_attempts_max; tries++) {
      made += 1
      const result = await tryOnce(options, { context, target, provider, number: made })
      if (!(result instanceof ProviderFailure)) return result
      last = result
      if (call.signal.aborted) throw failedCall(last)
      const wait = waitBeforeRetry(options, { failure: last, tries, context, provider })
      if (wait === undefined) break
      await delay(wait, undefined, { signal: call.signal }).catch(() => {})
    }
    if (last && !consequences[last.outcome].falls_back) break
  }
  throw last ? failedCall(last) : tooBusy()
}

function reachableTargets({ targets, providers }: Resolved, wire: Wire): readonly Reachable[] {
  return targets.flatMap((target) => {
    const provider = providers.get(target.provider)
    const wires = provider && (provider.kind === 'offline' ? offlineAdapter.wires : adapterOf(provider.kind).wires)
    return provider && wires?.includes(wire) ? [{ target, provider }] : []
  })
}

/** The answer, or the failure that another try or target may mend. */
async function tryOnce(options: CallOptions, leg: Leg): Promise<ModelAnswer | ProviderFailure> {
  const { accounting, health } = options
  const { provider } = leg
  health.called(provider.id)
  const attempt = await beginAttempt(accounting, leg)
  try {
    const answer = provider.kind === 'offline' ? await compute(attempt, leg) : await ask(options, attempt, leg)
    health.succeeded(provider.id)
    return answer
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error
    countFailure(options, provider, error)
    return error
  }
}

function waitBeforeRetry(
  { health, random }: CallOptions,
  {
    failure,
    tries,
    context,
    provider,
  }: { failure: ProviderFailure; tries: number; context: CallContext; provider: Provider },
): number | undefined {
  if (!consequences[failure.outcome].retried || tries > context.definition.retries) return undefined
  const { retry_after_ms } = failure
  const wait = waitMs({ tries, retry_after_ms, retry_after_ms_max: limits.model_retry_after_ms_max, random: random() })
  return wait !== undefined && health.mayRetry(provider.id) ? wait : undefined
}

async function ask(options: CallOptions, attempt: Attempt, leg: Leg): Promise<ModelAnswer> {
  const { http, log, follow } = options
  const { context, provider } = leg
  if (provider.kind === 'offline') throw new Error('invariant broken: the offline provider is not asked over HTTP')
  const clock = createClock(context.definition.timeouts)
  const asking = { http, adapter: adapterOf(provider.kind), attempt, leg, clock }
  if (attempt.asked.stream) {
    const told = {
      onBroken: (failure: ProviderFailure): void => countFailure(options, provider, failure),
      onMistake: (err: unknown): void => log.error({ err, call_id: context.call_id }, 'a stream could not be charged'),
    }
    const { text, ended } = await askStream(asking, told)
    follow(ended)
    return { ...factsOf(leg), kind: 'stream', text }
  }
  const { body, usage } = await askedWhole(asking)
  // Where this cannot be written, the attempt stays as it is and ends as lost: what was held is charged.
  await attempt.succeed(clock, usage)
  return { ...factsOf(leg), kind: 'whole', body }
}

async function askedWhole(asking: Asking): Promise<Answered> {
  const { attempt, clock, leg } = asking
  const { call, definition } = leg.context
  const leave = (): void => {
    if (definition.on_client_gone === 'cancel') clock.stop('client_gone', 'The client has gone.')
  }
  if (call.signal.aborted) leave()
  call.signal.addEventListener('abort', leave, { once: true })
  try {
    return await askWhole(asking)
  } catch (error) {
    const failure = brokenOff(error)
    await attempt.fail(clock, failure, undefined)
    throw error instanceof MusterError ? error : failure
  } finally {
    call.signal.removeEventListener('abort', leave)
    clock[Symbol.dispose]()
  }
}

function countFailure({ health }: CallOptions, { id }: Provider, { outcome }: ProviderFailure): void {
  if (consequences[outcome].trips) health.failed(id)
}

async function compute(attempt: Attempt, leg: Leg): Promise<ModelAnswer> {
  const clock = createClock(leg.context.definition.timeouts)
  try {
    const { answered, stream } = await offlineAdapter.compute(attempt.asked)
    clock.begun()
    await attempt.succeed(clock, answered.usage)
    if (!attempt.asked.stream) return { ...factsOf(leg), kind: 'whole', body: answered.body }
    return { ...factsOf(leg), kind: 'stream', text: textOf(stream.map(({ out }) => out)) }
  } catch (error) {
    // It was refused before anything was computed.
    await attempt.fail(clock, new ProviderFailure('refused', brokenOff(error).message), undefined)
    throw error
  } finally {
    clock[Symbol.dispose]()
  }
}

async function* textOf(pieces: readonly string[]): AsyncGenerator<string> {
  yield* pieces
}

function factsOf({ target, provider, number }: Leg) {
  return { model: target.alias, model_version: target.version, provider: provider.name, attempts: number }
}
