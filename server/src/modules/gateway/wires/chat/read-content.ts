/** Reads the content of a message of OpenAI's chat completions: a text, or a list of parts. */
import type { Json, JsonObject } from '@muster/contract/values'
import { isObject, object } from '../../rules/usage.ts'
import type { ContentPart, MediaPart, MediaSource, RefusalPart, ThinkingPart } from '../conversation.ts'
import { dataOf, joinedText, maybe, refusedAt, textIn } from '../fields.ts'

type ChatContent = ContentPart | ThinkingPart | RefusalPart

/** @throws ProviderFailure for a part of an unknown kind */
export function readChatContent(content: Json | undefined, place: string): readonly ChatContent[] {
  if (content === undefined || content === null) return []
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content, place }]
  const items = Array.isArray(content) ? content : [content]
  return items.flatMap((item, at) => readPart(item, `${place}[${at}]`))
}

function readPart(item: Json, place: string): readonly ChatContent[] {
  if (typeof item === 'string') return item === '' ? [] : [{ type: 'text', text: item, place }]
  const part = object(item)
  const { type } = part
  if (type === 'refusal') return [{ type, text: textIn(part.refusal) ?? textIn(part.text) ?? '', place }]
  // Mistral's reasoning models have their thoughts in parts, which hold parts themselves.
  if (type === 'thinking' || type === 'reasoning') {
    const text = joinedText(part.thinking ?? part.reasoning ?? part.text)
    return text === '' ? [] : [{ type: 'thinking', text, made_by: 'chat', place }]
  }
  if (type === 'text' || type === 'input_text' || type === 'output_text' || (type === undefined && 'text' in part)) {
    const text = joinedText(part.text)
    return text === '' ? [] : [{ type: 'text', text, place }]
  }
  const media = mediaOf(part, place)
  if (!media) throw refusedAt(place, `content of type ${String(type)} is not supported by this model.`)
  return [media]
}

function mediaOf(part: JsonObject, place: string): MediaPart | undefined {
  if (part.type === 'image_url') {
    const image = object(part.image_url)
    const url = textIn(part.image_url) ?? textIn(image.url)
    if (url === undefined) throw refusedAt(place, 'image_url has no address.')
    return { type: 'picture', source: addressOf(url), ...maybe('detail', textIn(image.detail)), place }
  }
  if (part.type === 'video_url') {
    const url = textIn(part.video_url) ?? textIn(object(part.video_url).url)
    return url === undefined ? undefined : { type: 'video', source: addressOf(url), place }
  }
  if (part.type === 'input_audio') {
    const { data, format } = object(part.input_audio)
    if (typeof data !== 'string') throw refusedAt(place, 'input_audio has no data.')
    const media_type = soundTypes[String(format)] ?? `audio/${String(format)}`
    return { type: 'sound', source: { kind: 'data', media_type, data }, place }
  }
  return part.type === 'file' && isObject(part.file) ? fileOf(part.file, place) : undefined
}

const soundTypes: Readonly<Record<string, string>> = { mp3: 'audio/mpeg', wav: 'audio/wav' }

function addressOf(url: string): MediaSource {
  const data = dataOf(url)
  return data ? { kind: 'data', ...data } : { kind: 'url', url }
}

function fileOf(file: JsonObject, place: string): MediaPart {
  const title = maybe('title', textIn(file.filename))
  if (typeof file.file_id === 'string')
    return { type: 'document', source: { kind: 'file', file_id: file.file_id, wire: 'chat' }, ...title, place }
  const address = textIn(file.file_data) ?? ''
  if (/^https?:/i.test(address)) return { type: 'document', source: { kind: 'url', url: address }, ...title, place }
  const data = dataOf(address)
  if (!data) throw refusedAt(place, 'file_data must be a data: address with base64.')
  return { type: mediaKind(data.media_type), source: { kind: 'data', ...data }, ...title, place }
}

/** What a type of media is for a model. */
export function mediaKind(media_type: string): MediaPart['type'] {
  const [family] = media_type.split('/')
  return family === 'image' ? 'picture' : family === 'audio' ? 'sound' : family === 'video' ? 'video' : 'document'
}
