/** Reads the blocks of a message of Anthropic's wire. */
import type { Json, JsonObject } from '@muster/contract/values'
import { isObject, list, object } from '../../rules/usage.ts'
import { callArguments } from '../call-arguments.ts'
import type { CallIds } from '../call-ids.ts'
import { readSignature } from '../chat/own-marks.ts'
import type { ContentPart, MediaSource, OwnFields, Part } from '../conversation.ts'
import { joinedText, maybe, refusedAt, textIn } from '../fields.ts'
import { isContentPart } from '../parts.ts'

/** @throws ProviderFailure with its place for a block that only Anthropic's servers understand */
export function readBlocks(content: Json | undefined, place: string, calls: CallIds): readonly Part[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content, place }]
  return list(content).flatMap((item, at) => {
    const block = typeof item === 'string' ? { type: 'text', text: item } : object(item)
    return readBlock(block, `${place}[${at}]`, calls)
  })
}

function readBlock(block: JsonObject, place: string, calls: CallIds): readonly Part[] {
  const { type } = block
  if (type === 'text') {
    const text = textIn(block.text) ?? ''
    return text === '' ? [] : [{ type, text, ...ownOf(block, ['citations']), place }]
  }
  if (type === 'thinking' || type === 'redacted_thinking') return [thinkingOf(block, place)]
  if (type === 'image') return [{ type: 'picture', source: sourceOf(block, place), place }]
  if (type === 'document') return documentParts(block, place)
  if (type === 'search_result') {
    const head = [block.title, block.source].filter((one) => typeof one === 'string' && one !== '')
    return [{ type: 'text', text: [...head, joinedText(block.content, '\n')].join('\n'), place }]
  }
  if (type === 'tool_use') {
    const name = textIn(block.name) ?? ''
    const id = calls.call(textIn(block.id), name)
    const signature = readSignature(block)
    const args = { ...callArguments(block.input), arguments_place: `${place}.input` }
    return [{ type: 'tool_call', id, name, ...args, ...maybe('signature', signature), place }]
  }
  if (type === 'tool_result') {
    const answered = calls.result(textIn(block.tool_use_id))
    const parts = readBlocks(block.content, `${place}.content`, calls).map(contentPart)
    return [{ type: 'tool_result', ...answered, parts, is_error: block.is_error === true, place }]
  }
  throw refusedAt(place, `this model does not support content of type ${String(type)}.`)
}

function contentPart(part: Part): ContentPart {
  if (isContentPart(part)) return part
  throw refusedAt(part.place, `${part.type} cannot be part of a tool’s result.`)
}

function thinkingOf(block: JsonObject, place: string): Part {
  if (block.type === 'redacted_thinking')
    return { type: 'thinking', text: '', redacted: textIn(block.data) ?? '', made_by: 'messages', place }
  const text = textIn(block.thinking) ?? ''
  // An empty signature is Muster's: it stands where another kind of provider thought.
  const signature = textIn(block.signature) || undefined
  return { type: 'thinking', text, ...(signature === undefined ? {} : { signature, made_by: 'messages' }), place }
}

/** A document that is made of blocks is their texts and pictures. */
function documentParts(block: JsonObject, place: string): readonly Part[] {
  const source = object(block.source)
  const title = maybe('title', textIn(block.title) || undefined)
  const context: readonly Part[] =
    typeof block.context === 'string' && block.context !== '' ? [{ type: 'text', text: block.context, place }] : []
  if (source.type !== 'content')
    return [...context, { type: 'document', source: sourceOf(block, place), ...title, place }]
  if (typeof source.content === 'string')
    return [...context, { type: 'document', source: { kind: 'text', text: source.content }, ...title, place }]
  const titlePart: readonly Part[] = title.title === undefined ? [] : [{ type: 'text', text: title.title, place }]
  const inner = list(source.content).flatMap((item, at): readonly Part[] => {
    const innerPlace = `${place}.source.content[${at}]`
    const one = object(item)
    if (one.type === 'text') return [{ type: 'text', text: textIn(one.text) ?? '', place: innerPlace }]
    if (one.type === 'image') return [{ type: 'picture', source: sourceOf(one, innerPlace), place: innerPlace }]
    throw refusedAt(innerPlace, `this model does not support content of type ${String(one.type)}.`)
  })
  return [...context, ...titlePart, ...inner]
}

function sourceOf(block: JsonObject, place: string): MediaSource {
  const { type, media_type, data, url, file_id } = object(block.source)
  if (type === 'url' && typeof url === 'string') return { kind: 'url', url }
  if (type === 'file' && typeof file_id === 'string') return { kind: 'file', file_id, wire: 'messages' }
  if (type === 'text' && typeof data === 'string') return { kind: 'text', text: data }
  if (type === 'base64' && typeof data === 'string' && typeof media_type === 'string')
    return { kind: 'data', media_type, data }
  throw refusedAt(place, `a source of type ${String(type)} is not supported.`)
}

function ownOf(block: JsonObject, names: readonly string[]): { readonly own?: OwnFields } {
  const fields = Object.fromEntries(
    names.flatMap((name) => {
      const value = block[name]
      return value === undefined || value === null || (Array.isArray(value) && value.length === 0)
        ? []
        : [[name, value] as const]
    }),
  )
  return isObject(fields) && Object.keys(fields).length > 0 ? { own: { wire: 'messages', fields } } : {}
}
