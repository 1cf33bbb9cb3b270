/** The life of one attempt: admitted, sent, read, charged. */
import type { AttemptOutcome } from '@muster/contract/gateway/attempts'
import type { ModelDefinition } from '@muster/contract/gateway/models'
import { MusterError } from '../../../platform/errors.ts'
import { newId } from '../../../platform/ids.ts'
import type { CallScopes, ModelCall, Spend } from '../gateway.port.ts'
import type { AdapterCall, Provider, Target, Usage } from '../gateway.types.ts'
import { ProviderFailure } from '../gateway.types.ts'
import { type Estimate, estimateOf } from '../rules/estimate.ts'
import { consequences } from '../rules/failures.ts'
import { costOf, worstCost } from '../rules/prices.ts'
import { no_usage, tokensOf } from '../rules/usage.ts'
import type { Accounting } from '../../budgets/calls/call-accounting.ts'
import type { Meter } from './meter.ts'
import type { RequestTimeouts } from './request-timeouts.ts'

/** What stays the same for all attempts of a call. */
export interface CallContext {
  readonly call: ModelCall
  readonly call_id: string
  readonly scopes: CallScopes
  readonly definition: ModelDefinition
  readonly meter: Pick<Meter, 'attempt'>
}

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
export async function beginAttempt(accounting: Accounting, attemptTarget: AttemptTarget): Promise<Attempt> {
  const { context, target, provider, number } = attemptTarget
  const { call, call_id, scopes, definition } = context
  const { wire, body, headers = {}, request_id, key_id } = call
  const estimate = estimateOf(wire, body, target.output_tokens_max)
  const held_micro_usd = worstCost(estimate, target.prices)
  const held_tokens = estimate.input_tokens + estimate.output_tokens
  const stream = body.stream === true
  const id = newId()
  const worst = { cost_micro_usd: held_micro_usd, tokens: held_tokens }
  if (call.run_budget?.hold(worst) === false) throw runBudgetExceeded(worst)
  const admission = accounting.begin({
    ...scopes,
    id,
    call_id,
    number,
    request_id,
    key_id,
    run_id: call.run?.run_id ?? null,
    task_id: call.run?.task_id ?? null,
    wire,
    streamed: stream,
    model: target.alias,
    model_version: target.version,
    provider: provider.name,
    provider_model: target.model,
    held_micro_usd,
    held_tokens,
    deadline_ms: definition.timeouts.total_ms + definition.timeouts.connect_ms + grace_ms,
  })
  await admission.catch((refusal: unknown) => {
    call.run_budget?.settle(worst, nothing)
    throw refusal
  })
  const { organization_id } = scopes
  const end = (timeouts: RequestTimeouts, ending: AttemptEnd): Promise<void> => {
    const cost = chargeOf(ending, { target, held_micro_usd, held_tokens })
    const times = { first_token_ms: timeouts.first_token_ms(), total_ms: timeouts.ms() }
    context.meter.attempt({ kind: provider.kind, wire, outcome: ending.outcome, usage: cost.usage, ...times })
    call.run_budget?.settle(worst, { cost_micro_usd: cost.cost_micro_usd, tokens: cost.charged_tokens })
    return accounting.end({
      organization_id,
      id,
      http_status: ending.http_status,
      outcome: ending.outcome,
      ...cost,
      ...times,
    })
  }
  return {
    adapterCall: {
      wire,
      body,
      model: target.model,
      stream,
      output_tokens_max: outputMax(estimate, target),
      headers,
      size: estimate.size,
    },
    succeed: (timeouts, usage) => end(timeouts, { outcome: 'ok', usage, http_status: 200 }),
    fail: (timeouts, { outcome, http_status }, usage) =>
      end(timeouts, { outcome, http_status, usage: usage ?? usageOfFailure(outcome) }),
  }
}

const nothing: Spend = { cost_micro_usd: 0, tokens: 0 }

function runBudgetExceeded({ cost_micro_usd, tokens }: Spend): MusterError {
  return new MusterError(
    'budget_exceeded',
    `Run budget reached: this call can cost up to ${cost_micro_usd} micro-USD and ${tokens} tokens.`,
    { remedy: 'Raise the budget of the task or agent, or request fewer output tokens.' },
  )
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

interface Held {
  readonly target: Target
  readonly held_micro_usd: number
  readonly held_tokens: number
}

function chargeOf({ usage, outcome }: AttemptEnd, { target, held_micro_usd, held_tokens }: Held) {
  const wholeHold = { usage: no_usage, usage_known: false, cost_micro_usd: held_micro_usd, charged_tokens: held_tokens }
  if (!usage) return wholeHold
  const [cost_micro_usd, charged_tokens] = [costOf(usage, target.prices), tokensOf(usage)]
  // A stream that was cut has used its whole hold, whatever usage it had reported.
  const wasCut = outcome === 'over_long'
  if (wasCut && cost_micro_usd <= held_micro_usd && charged_tokens <= held_tokens) return wholeHold
  return {
    usage,
    usage_known: true,
    cost_micro_usd: wasCut ? Math.max(cost_micro_usd, held_micro_usd) : cost_micro_usd,
    charged_tokens: wasCut ? Math.max(charged_tokens, held_tokens) : charged_tokens,
  }
}

function usageOfFailure(outcome: ProviderFailure['outcome']): Usage | undefined {
  return consequences[outcome].used === 'nothing' ? no_usage : undefined
}

const outputMax = ({ output_tokens }: Estimate, target: Target): number =>
  Math.max(output_tokens, 0) || target.output_tokens_max
