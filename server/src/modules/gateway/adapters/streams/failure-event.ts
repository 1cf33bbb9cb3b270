import type { FailureOutcome, ProviderFailure, Wire } from '../../gateway.types.ts'
import { eventText } from '../../wires/events/wire-events.ts'
import { newItemId } from '../../wires/responses/own-marks.ts'

const codes: Partial<Readonly<Record<FailureOutcome, string>>> = {
  idle_timeout: 'provider_timeout',
  total_timeout: 'provider_timeout',
  first_token_timeout: 'provider_timeout',
  over_long: 'budget_exceeded',
}

/** The last event of a stream that broke off: clients of the wire throw it as an error. */
export function failureEvent(wire: Wire, { outcome, message }: ProviderFailure): string {
  return endingEvent(wire, {
    code: codes[outcome] ?? 'provider_failed',
    message: `The stream was interrupted (${outcome}): ${message}`,
  })
}

/** The same for an error of ours, such as a budget without room for another attempt. */
export function endingEvent(
  wire: Wire,
  { code, message }: { readonly code: string; readonly message: string },
): string {
  const isOverBudget = code === 'budget_exceeded'
  if (wire === 'messages') {
    const error = { type: isOverBudget ? 'billing_error' : 'api_error', message }
    return `event: error\ndata: ${JSON.stringify({ type: 'error', error })}\n\n`
  }
  if (wire === 'responses') return responsesEnd({ code: isOverBudget ? 'insufficient_quota' : code, message })
  const error = { message, type: isOverBudget ? 'insufficient_quota' : 'server_error', param: null, code }
  return `data: ${JSON.stringify({ error })}\n\n`
}

/**
 * The end of a response in two events, of which clients read either: agents that act on `response.failed`, and clients
 * that throw an `error`.
 */
function responsesEnd({ code, message }: { readonly code: string; readonly message: string }): string {
  const id = newItemId('resp')
  const response = { id, object: 'response', status: 'failed', error: { code, message }, output: [], usage: null }
  const error = { type: code === 'insufficient_quota' ? code : 'server_error', code, message, param: null }
  const failed = eventText({ event: 'response.failed', value: { type: 'response.failed', response } })
  return failed + eventText({ event: 'error', value: { ...error, type: 'error', error } })
}
