/**
 * What Muster adds to an answer of this wire so that it can go back to who made it: signatures of thoughts and of calls,
 * in the `encrypted_content` of a reasoning item, where clients keep and return what they cannot read. They and the ids
 * of Muster's items never go to a server of this wire.
 */
import type { JsonObject } from '@muster/contract/values'
import { newId } from '../../../../platform/ids.ts'
import { isObject, list, object } from '../../rules/usage.ts'
import type { WireName } from '../conversation.ts'
import { maybe, textIn } from '../fields.ts'

export interface ReasoningMark {
  readonly made_by: WireName
  readonly signature?: string
  readonly redacted?: string
  /** The call that the signature belongs to; absent: the thoughts. */
  readonly call_id?: string
}

const prefix = 'muster:'
const own_id = '_mu_'
const makers: readonly WireName[] = ['chat', 'messages', 'gemini']

export const newItemId = (kind: string): string => `${kind}${own_id}${newId().replaceAll('-', '')}`

export function reasoningMark(mark: ReasoningMark): string {
  return prefix + Buffer.from(JSON.stringify(mark)).toString('base64url')
}

export function readReasoningMark(encrypted_content: unknown): ReasoningMark | undefined {
  if (typeof encrypted_content !== 'string' || !encrypted_content.startsWith(prefix)) return undefined
  const fields = object(parsed(Buffer.from(encrypted_content.slice(prefix.length), 'base64url').toString('utf8')))
  const made_by = makers.find((wire) => wire === fields.made_by)
  return (
    made_by && {
      made_by,
      ...maybe('signature', textIn(fields.signature)),
      ...maybe('redacted', textIn(fields.redacted)),
      ...maybe('call_id', textIn(fields.call_id)),
    }
  )
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // A client may have changed it: then it says nothing.
    return undefined
  }
}

/** The items of a request for a server of this wire: without Muster's thoughts and ids. */
export function withoutOwnItems(body: JsonObject): JsonObject {
  if (!Array.isArray(body.input)) return body
  const kept = list(body.input).filter((item) => !isObject(item) || !isOwnReasoning(item))
  return { ...body, input: kept.map((item) => (isObject(item) ? withoutOwnId(item) : item)) }
}

function withoutOwnId(item: JsonObject): JsonObject {
  const { id, ...rest } = item
  return isOwnId(id) ? rest : item
}

const isOwnReasoning = (item: JsonObject): boolean => item.type === 'reasoning' && (isOwnId(item.id) || isMarked(item))
const isOwnId = (id: unknown): boolean => typeof id === 'string' && id.includes(own_id)
const isMarked = ({ encrypted_content }: JsonObject): boolean =>
  typeof encrypted_content === 'string' && encrypted_content.startsWith(prefix)
