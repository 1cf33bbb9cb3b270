/** The life of one attempt: admitted, sent, read, charged. */
import type { AttemptOutcome } from '@muster/contract/gateway/attempts'
import type { ModelDefinition } from '@muster/contract/gateway/models'
import { limits } from '@muster/contract/limits'
import { MusterError } from '../../../platform/errors.ts'
import { newId } from '../../../platform/ids.ts'
import type { Amounts, CallAccounting, SpendScopes } from '../../budgets/budgets.port.ts'
import type { ModelCall } from '../gateway.port.ts'
import type { AdapterCall, Provider, Target, Usage } from '../gateway.types.ts'
import { ProviderFailure } from '../gateway.types.ts'
import { type Estimate, estimateOf } from '../rules/estimate.ts'
import { consequences } from '../rules/failures.ts'
import { costOf, worstCost } from '../rules/prices.ts'
import { no_usage, tokensOf } from '../rules/usage.ts'
import type { EndedAttempt, NewAttempt } from '../store/attempts.store.ts'
import type { Meter } from './meter.ts'
import type { RequestTimeouts } from './request-timeouts.ts'

/** What stays the same for all attempts of a call. */
export interface CallContext {
  readonly call: ModelCall
  readonly call_id: string
  readonly scopes: SpendScopes
  readonly definition: ModelDefinition
  readonly meter: Pick<Meter, 'attempt'>
}

export type AttemptAccounting = CallAccounting<NewAttempt, EndedAttempt>

/** Where an attempt goes. */
export interface AttemptTarget {
  readonly context: CallContext
  readonly target: Target
  readonly provider: Provider
  readonly number: number
}

/** An attempt that was admitted. It ends once, whatever happens. */
export interface Attempt {
  readonly adapterCall: AdapterCall
  /** Without usage, what was held is charged. */
  succeed(timeouts: RequestTimeouts, usage: Usage | undefined): Promise<void>
  /** A usage that was told before the failure counts. */
  fail(timeouts: RequestTimeouts, failure: ProviderFailure, usage: Usage | undefined): Promise<void>
}

/** How long after its deadline an attempt counts as lost. */
const grace_ms = 60_000

/** Throws `budget_exceeded` and `stopped`. */
export async function beginAttempt(accounting: AttemptAccounting, attemptTarget: AttemptTarget): Promise<Attempt> {
  const { context, target } = attemptTarget
  const { wire, body, headers = {}, run_budget } = context.call
  const estimate = estimateOf(wire, body, target.output_tokens_max)
  const newAttempt = newAttemptOf(attemptTarget, {
    cost_micro_usd: worstCost(estimate, target.prices),
    tokens: Math.min(limits.amount_max, estimate.input_tokens + estimate.output_tokens),
  })
  await accounting.hold(newAttempt, run_budget)
  const end = (timeouts: RequestTimeouts, ending: AttemptEnd): Promise<void> => {
    const ended = endedAttemptOf({ newAttempt, target, ending, timeouts })
    const { kind } = attemptTarget.provider
    context.meter.attempt({ ...ended, kind, wire })
    return accounting.settle(ended)
  }
  return {
    adapterCall: {
      wire,
      body,
      model: target.model,
      stream: newAttempt.streamed,
      output_tokens_max: outputMax(estimate, target),
      headers,
      size: estimate.size,
      input_tokens: estimate.input_tokens,
    },
    succeed: (timeouts, usage) => end(timeouts, { outcome: 'ok', usage, http_status: 200 }),
    fail: (timeouts, { outcome, http_status }, usage) =>
      end(timeouts, { outcome, http_status, usage: usage ?? usageOfFailure(outcome) }),
  }
}

function newAttemptOf({ context, target, provider, number }: AttemptTarget, held: Amounts): NewAttempt {
  const { call, call_id, scopes, definition } = context
  return {
    ...scopes,
    id: newId(),
    call_id,
    number,
    request_id: call.request_id,
    key_id: call.key_id,
    run_id: call.run?.run_id ?? null,
    task_id: call.run?.task_id ?? null,
    wire: call.wire,
    streamed: call.body.stream === true,
    model: target.alias,
    model_version: target.version,
    provider: provider.name,
    provider_model: target.model,
    held,
    deadline_ms: definition.timeouts.total_ms + definition.timeouts.connect_ms + grace_ms,
  }
}

/** Translates what broke a request off into a provider's failure; undefined for mistakes of ours. */
export function failureOf(error: unknown): ProviderFailure | undefined {
  return error instanceof ProviderFailure ? error : undefined
}

/** An error of ours that kept the request from being sent, since it could not be written in a thread. */
export function unsentError(error: unknown): MusterError | undefined {
  const is_unsent = error instanceof MusterError && (error.code === 'unavailable' || error.code === 'too_costly')
  return is_unsent ? error : undefined
}

/**
 * The outcome of an attempt that an error of ours ended: nothing was used where nothing was sent, else it is unknown.
 */
export function brokenOff(error: unknown): ProviderFailure {
  const unsent = unsentError(error)
  if (unsent) return new ProviderFailure('refused', unsent.message)
  const message = error instanceof MusterError ? error.message : 'The response could not be processed.'
  return failureOf(error) ?? new ProviderFailure('malformed', message)
}

interface AttemptEnd {
  readonly outcome: AttemptOutcome
  readonly http_status: number | undefined
  readonly usage: Usage | undefined
}

interface EndedOptions {
  readonly newAttempt: NewAttempt
  readonly target: Target
  readonly ending: AttemptEnd
  readonly timeouts: RequestTimeouts
}

function endedAttemptOf({ newAttempt, target, ending, timeouts }: EndedOptions): EndedAttempt {
  const { organization_id, id, held } = newAttempt
  const { outcome, http_status } = ending
  const times = { first_token_ms: timeouts.first_token_ms(), total_ms: timeouts.ms() }
  return { organization_id, id, outcome, http_status, ...chargeOf(ending, target, held), ...times }
}

function chargeOf({ usage, outcome }: AttemptEnd, target: Target, held: Amounts) {
  const wholeHold = { usage: no_usage, usage_known: false, used: held }
  if (!usage) return wholeHold
  const used = { cost_micro_usd: costOf(usage, target.prices), tokens: tokensOf(usage) }
  if (outcome !== 'over_long') return { usage, usage_known: true, used }
  // A stream that was cut has used its whole hold, whatever usage it had reported.
  if (used.cost_micro_usd <= held.cost_micro_usd && used.tokens <= held.tokens) return wholeHold
  const most = {
    cost_micro_usd: Math.max(used.cost_micro_usd, held.cost_micro_usd),
    tokens: Math.max(used.tokens, held.tokens),
  }
  return { usage, usage_known: true, used: most }
}

function usageOfFailure(outcome: ProviderFailure['outcome']): Usage | undefined {
  return consequences[outcome].used === 'nothing' ? no_usage : undefined
}

const outputMax = ({ output_tokens }: Estimate, target: Target): number =>
  Math.max(output_tokens, 0) || target.output_tokens_max
