import { cutText } from '@muster/contract/texts/graphemes'
import type { JsonObject } from '@muster/contract/values'
import { parseExactJson } from '../../../../platform/json/exact-json.ts'
import { ProviderFailure, type SseEvent } from '../../gateway.types.ts'
import { isObject } from '../../rules/usage.ts'

/** The object that an event carries. Throws `ProviderFailure` for what is no JSON object. */
export function parsedEvent({ data }: SseEvent): JsonObject {
  let value: unknown
  try {
    value = parseExactJson(data)
  } catch {
    throw new ProviderFailure('malformed', `The provider sent an event that is not JSON: ${cutText(data, 100)}`)
  }
  if (!isObject(value)) throw new ProviderFailure('malformed', 'The provider sent an event that is not an object.')
  return value
}
