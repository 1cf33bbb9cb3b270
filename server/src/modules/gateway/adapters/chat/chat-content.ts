/** Reads the content parts of a chat in OpenAI's wire, for adapters that translate it. */
import type { Json } from '@muster/contract/values'
import { ProviderFailure } from '../../gateway.types.ts'
import { list, object } from '../../rules/usage.ts'

export type ChatPart =
  | { readonly text: Json }
  | { readonly url: string }
  | { readonly media_type: string; readonly data: string }

/** A text, a picture at an address, or a picture in base64. @throws for any other kind of part */
export function chatPart(part: Json): ChatPart {
  const { type, text, image_url } = object(part)
  if (type === 'text' || type === 'refusal') return { text: text ?? '' }
  const { url } = object(image_url)
  if (type !== 'image_url' || typeof url !== 'string')
    throw refusedFailure(`messages: this model does not support content of type ${String(type)}.`)
  const [, media_type, data] = /^data:([^;,]+);base64,(.*)$/s.exec(url) ?? []
  return media_type === undefined || data === undefined ? { url } : { media_type, data }
}

/** The texts of a message's content as one. */
export function plainText(content: Json | undefined): string {
  if (typeof content === 'string') return content
  return list(content)
    .map((part) => object(part).text)
    .filter((text) => typeof text === 'string')
    .join('')
}

/** The arguments of a call. OpenAI's wire has them as text that a model wrote, so it may be no JSON. */
export function parsedArguments(text: Json | undefined): Json {
  try {
    return object(JSON.parse(String(text)))
  } catch {
    // A model wrote it; without arguments the call is still a call.
    return {}
  }
}

/** The failure for a request that the provider's wire cannot express. */
export function refusedFailure(message: string): ProviderFailure {
  return new ProviderFailure('refused', message, { http_status: 400 })
}
