/** Writes parts of what a user says in OpenAI's chat completions. */
import type { JsonObject } from '@muster/contract/values'
import type { ContentPart, MediaPart } from '../conversation.ts'
import { present, refusedAt } from '../fields.ts'
import { describedText } from '../parts.ts'

/** @throws ProviderFailure for media that this wire has no part for */
export function writeChatPart(part: ContentPart): JsonObject {
  const text = describedText(part)
  if (part.type === 'text' || text !== undefined) return { type: 'text', text: text ?? '' }
  const { source, detail, title } = part
  if (source.kind === 'file' && source.wire === 'chat') return { type: 'file', file: { file_id: source.file_id } }
  const url = addressOf(part)
  if (part.type === 'picture') return { type: 'image_url', image_url: { url, ...present({ detail }) } }
  if (part.type === 'video') return { type: 'video_url', video_url: { url } }
  if (source.kind !== 'data')
    throw refusedAt(part.place, `this model takes a ${part.type} as base64 only, not by its address.`)
  if (part.type === 'document')
    return { type: 'file', file: { filename: title ?? fileName(source.media_type), file_data: url } }
  const format = soundFormats[source.media_type]
  if (format === undefined)
    throw refusedAt(part.place, `this model does not support sound of type ${source.media_type}.`)
  return { type: 'input_audio', input_audio: { data: source.data, format } }
}

function addressOf({ source, place, type }: MediaPart): string {
  if (source.kind === 'url') return source.url
  if (source.kind === 'data') return `data:${source.media_type};base64,${source.data}`
  throw refusedAt(place, `this model does not know the ${type}: it is a file that another provider keeps.`)
}

const soundFormats: Readonly<Record<string, string>> = {
  'audio/mpeg': 'mp3',
  'audio/mp3': 'mp3',
  'audio/wav': 'wav',
  'audio/x-wav': 'wav',
  'audio/wave': 'wav',
}

const fileName = (media_type: string): string => `document.${media_type.split('/')[1]?.split('+')[0] ?? 'bin'}`
