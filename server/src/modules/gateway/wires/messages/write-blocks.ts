/** Writes blocks of a message of Anthropic's wire. */
import type { JsonObject } from '@muster/contract/values'
import type { MediaPart, Part, ToolCallPart, ToolResultPart, Turn } from '../conversation.ts'
import { present, refusedAt } from '../fields.ts'
import { argumentsValue } from '../request-rules.ts'
import type { MessageIds } from './message-ids.ts'

/** @throws ProviderFailure with its place for what this wire has no block for */
export function writeBlock(part: Part, role: Turn['role'], ids: MessageIds): JsonObject {
  switch (part.type) {
    case 'text':
      return { type: 'text', text: part.text, ...(part.own?.wire === 'messages' && part.own.fields) }
    case 'refusal':
      return { type: 'text', text: part.text }
    case 'thinking':
      if (part.redacted !== undefined) return { type: 'redacted_thinking', data: part.redacted }
      return { type: 'thinking', thinking: part.text, signature: part.signature ?? '' }
    case 'tool_call':
      return toolUse(part, ids)
    case 'tool_result':
      return toolResult(part, ids)
    default:
      if (role === 'assistant')
        throw refusedAt(part.place, `this model does not support a ${part.type} in a message of the assistant.`)
      return mediaBlock(part)
  }
}

function toolUse(call: ToolCallPart, ids: MessageIds): JsonObject {
  return { type: 'tool_use', id: ids.call(call.id), name: call.name, input: argumentsValue(call) }
}

/** A single text as such; an empty result has no content. */
function toolResult({ call_id, parts, is_error }: ToolResultPart, ids: MessageIds): JsonObject {
  const said = parts.filter((part) => part.type !== 'text' || part.text.trim() !== '')
  const [first, second] = said
  const content = first?.type === 'text' && !second ? first.text : said.map((part) => writeBlock(part, 'user', ids))
  return {
    type: 'tool_result',
    tool_use_id: ids.result(call_id),
    ...(said.length > 0 && { content }),
    ...(is_error && { is_error }),
  }
}

const pictureTypes = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp'])

function mediaBlock(part: MediaPart): JsonObject {
  const { type, title, place } = part
  if (type === 'sound' || type === 'video') throw refusedAt(place, `this model does not support ${type}.`)
  if (type === 'picture') return { type: 'image', source: sourceField(part) }
  return { type: 'document', source: sourceField(part), ...present({ title }) }
}

function sourceField({ type, source, place }: MediaPart): JsonObject {
  if (source.kind === 'url') return { type: 'url', url: source.url }
  if (source.kind === 'text') return { type: 'text', media_type: 'text/plain', data: source.text }
  if (source.kind === 'file') {
    if (source.wire === 'messages') return { type: 'file', file_id: source.file_id }
    throw refusedAt(place, `this model does not know the ${type}: it is a file that another provider keeps.`)
  }
  const { media_type, data } = source
  if (type === 'picture' && !pictureTypes.has(media_type === 'image/jpg' ? 'image/jpeg' : media_type))
    throw refusedAt(place, `this model does not support pictures of type ${media_type}.`)
  if (type === 'picture')
    return { type: 'base64', media_type: media_type === 'image/jpg' ? 'image/jpeg' : media_type, data }
  if (media_type === 'application/pdf') return { type: 'base64', media_type, data }
  const text = plainTextIn(media_type, data)
  if (text === undefined) throw refusedAt(place, `this model does not support documents of type ${media_type}.`)
  return { type: 'text', media_type: 'text/plain', data: text }
}

/** The text of a document that is one; undefined for anything else. */
function plainTextIn(media_type: string, data: string): string | undefined {
  if (!media_type.startsWith('text/') && media_type !== 'application/json') return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(data, 'base64'))
  } catch {
    return undefined
  }
}
