/**
 * What Muster adds to an answer of this wire so that it can go back to who made it: signed thoughts, and the signatures of
 * Gemini's calls. They stand under `extra_content`, marked as Muster's, and never go to a provider of another kind.
 */
import type { JsonObject } from '@muster/contract/values'
import { isObject, list, object } from '../../rules/usage.ts'
import type { CallSignature, ThinkingPart, WireName } from '../conversation.ts'
import { maybe, textIn } from '../fields.ts'

const makers: readonly WireName[] = ['chat', 'messages', 'gemini', 'responses']
const makerIn = (value: unknown): WireName | undefined => makers.find((wire) => wire === value)

/** The field for thoughts of another kind of provider; undefined where there are none. */
export function thinkingMark(parts: readonly ThinkingPart[]): JsonObject | undefined {
  if (parts.every(({ made_by = 'chat' }) => made_by === 'chat')) return undefined
  const thinking = parts.map(({ text, signature, redacted, made_by }) => ({
    ...(made_by !== undefined && { made_by }),
    ...(redacted === undefined ? { text } : { redacted }),
    ...(signature !== undefined && { signature }),
  }))
  return { muster: { thinking } }
}

/** The thoughts that Muster marked; undefined where it did not. */
export function ownThinking(message: JsonObject): readonly ThinkingPart[] | undefined {
  const { thinking } = object(object(message.extra_content).muster)
  if (!Array.isArray(thinking)) return undefined
  return list(thinking)
    .map(object)
    .map(
      (one): ThinkingPart => ({
        type: 'thinking',
        text: textIn(one.text) ?? '',
        ...maybe('signature', textIn(one.signature)),
        ...maybe('redacted', textIn(one.redacted)),
        ...maybe('made_by', makerIn(one.made_by)),
      }),
    )
}

/** The field for the signature of a call. */
export function signatureMark({ text, made_by }: CallSignature): JsonObject {
  const mark = made_by === 'chat' ? {} : { muster: { made_by } }
  return { google: { thought_signature: text }, ...mark }
}

export function readSignature({ extra_content }: JsonObject): CallSignature | undefined {
  const { google, muster } = object(extra_content)
  const text = textIn(object(google).thought_signature)
  return text === undefined ? undefined : { text, made_by: makerIn(object(muster).made_by) ?? 'chat' }
}

/** A conversation without Muster's marks, for a server of this wire; the same one where it has none. */
export function withoutMarks(body: JsonObject): JsonObject {
  const messages = list(body.messages)
  if (!messages.some(isMarked)) return body
  return { ...body, messages: messages.map((message) => (isMarked(message) ? unmarked(object(message)) : message)) }
}

function isMarked(message: unknown): boolean {
  if (!isObject(message) || message.role !== 'assistant') return false
  return hasMark(message) || list(message.tool_calls).some((call) => hasMark(object(call)))
}

const hasMark = ({ extra_content }: JsonObject): boolean => isObject(extra_content) && 'muster' in extra_content

/** Marked thoughts are another provider's, and so is their text. */
function unmarked(message: JsonObject): JsonObject {
  const { extra_content: _mark, reasoning_content: _thoughts, ...rest } = message
  const fields = hasMark(message) ? rest : message
  if (!Array.isArray(fields.tool_calls)) return fields
  const tool_calls = fields.tool_calls.map((item) => {
    const { extra_content: _mark, ...call } = object(item)
    return hasMark(object(item)) ? call : item
  })
  return { ...fields, tool_calls }
}
