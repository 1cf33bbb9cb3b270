import type { FailureOutcome, ProviderFailure, Wire } from '../gateway.types.ts'

const timeouts: readonly FailureOutcome[] = ['idle_timeout', 'total_timeout', 'first_token_timeout']

/** The last event of a stream that broke: their own clients throw it as an error. */
export function failureEvent(wire: Wire, { outcome, message }: ProviderFailure): string {
  const code = timeouts.includes(outcome) ? 'provider_timeout' : 'provider_failed'
  const text = `The stream broke off (${outcome}): ${message}`
  if (wire === 'messages')
    return `event: error\ndata: ${JSON.stringify({ type: 'error', error: { type: 'api_error', message: text } })}\n\n`
  return `data: ${JSON.stringify({ error: { message: text, type: 'server_error', param: null, code } })}\n\n`
}
