/** Arguments of tool calls: a text that a model wrote, and the value that it stands for. */

import type { Json, JsonObject } from '@muster/contract/values'
import { exactJsonText, parseExactJson } from '../../../platform/json/exact-json.ts'
import { isObject } from '../rules/usage.ts'

export interface CallArguments {
  /** As the model wrote them. */
  readonly arguments: string
  /** Absent where the text is no JSON object. */
  readonly value?: JsonObject
}

/**
 * Arguments as text, or as an object, which some servers send. No text and `null` stand for a call without arguments; an
 * object that was written as a text of JSON twice is read too.
 */
export function callArguments(given: Json | undefined): CallArguments {
  if (given === undefined || given === null) return { arguments: '{}', value: {} }
  if (typeof given !== 'string') {
    const text = exactJsonText(given)
    return isObject(given) ? { arguments: text, value: given } : { arguments: text }
  }
  if (given.trim() === '') return { arguments: '{}', value: {} }
  const value = objectIn(given)
  return value ? { arguments: given, value } : { arguments: given }
}

function objectIn(text: string): JsonObject | undefined {
  const parsed = parsedJson(text)
  if (parsed === null) return {}
  const value = typeof parsed === 'string' ? parsedJson(parsed) : parsed
  return isObject(value) ? value : undefined
}

function parsedJson(text: string): unknown {
  try {
    return parseExactJson(text)
  } catch {
    // A model wrote it, so that it may be no JSON; the caller says what follows.
    return undefined
  }
}
