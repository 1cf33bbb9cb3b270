import type { JsonObject } from '@muster/contract/values'
import { ProviderFailure, type SseEvent } from '../../gateway.types.ts'

/** The object that an event carries. Throws `ProviderFailure` for what is no JSON object. */
export function parsedEvent({ data }: SseEvent): JsonObject {
  let value: unknown
  try {
    value = JSON.parse(data)
  } catch {
    throw new ProviderFailure('malformed', `The provider sent an event that is not JSON: ${data.slice(0, 100)}`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ProviderFailure('malformed', 'The provider sent an event that is not an object.')
  // It came out of JSON.parse.
  return value as JsonObject
}
