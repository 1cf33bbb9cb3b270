/** The errors of a call that no target answered. */
import { cutText } from '@muster/contract/texts/graphemes'
import { MusterError } from '../../../platform/errors.ts'
import type { ModelCall } from '../gateway.port.ts'
import type { ProviderFailure, Wire } from '../gateway.types.ts'

const busy_retry_ms = 5_000
const message_characters_max = 1_000

/**
 * The last failure as an error of the contract. A request that the provider refused for good is the caller's to
 * correct.
 */
export function failedCall(failure: ProviderFailure): MusterError {
  const { outcome, http_status, retry_after_ms } = failure
  const message = cutText(failure.message, message_characters_max)
  const detail = { outcome, ...(http_status === undefined ? {} : { http_status }) }
  // What a provider says of our key may repeat a part of it.
  if (outcome === 'denied') return new MusterError('provider_failed', 'The provider rejected the API key.', detail)
  if (outcome === 'over_long') return new MusterError('budget_exceeded', message, detail)
  if (outcome === 'refused') return new MusterError(refusals[http_status ?? 0] ?? 'invalid', message, detail)
  if (outcome === 'rate_limited')
    return new MusterError('rate_limited', message, { ...detail, retry_after_ms: retry_after_ms ?? busy_retry_ms })
  return new MusterError(outcome.endsWith('timeout') ? 'provider_timeout' : 'provider_failed', message, detail)
}

const refusals: Readonly<Record<number, 'not_found' | 'too_large' | 'media_type'>> = {
  404: 'not_found',
  413: 'too_large',
  415: 'media_type',
}

/** Every breaker is open. */
export function tooBusy(): MusterError {
  return new MusterError('unavailable', 'All providers of this model failed recently. Try again later.', {
    retry_after_ms: busy_retry_ms,
  })
}

export function notSpoken({ wire, body }: ModelCall): MusterError {
  const ways: Partial<Record<Wire, string>> = { chat: 'chat completions' }
  return new MusterError('invalid', `Model ${String(body.model)} has no provider for ${ways[wire] ?? wire}.`, {
    field: 'model',
  })
}
