/** What a call may take in tokens, before it is made: an estimate on the safe side. The provider's usage settles. */
import type { JsonObject } from '@muster/contract/values'
import type { BodySize, Wire } from '../gateway.types.ts'
import { list, object } from './usage.ts'

/** Common tokenizers take 3 to 5 bytes of prose for a token, and fewer of code and digits. */
const bytes_per_token = 3
const tokens_per_message = 8
/** What large pictures cost in high detail, whatever their bytes. */
const tokens_per_image = 2_000

export interface Estimate {
  readonly input_tokens: number
  readonly output_tokens: number
  readonly size: BodySize
}

export function estimateOf(wire: Wire, body: JsonObject, output_tokens_max: number): Estimate {
  const { input_tokens, ...size } = measureBody(body)
  if (wire === 'embeddings') return { input_tokens, output_tokens: 0, size }
  const requestedTokens = [body.max_completion_tokens, body.max_tokens].find((one) => typeof one === 'number')
  const choices = typeof body.n === 'number' ? body.n : 1
  return { input_tokens, output_tokens: Number(requestedTokens ?? output_tokens_max) * choices, size }
}

/** Walks the body with a stack of its own: texts count by their bytes, pictures as such, ids of tokens as one each. */
function measureBody(body: JsonObject): BodySize & { readonly input_tokens: number } {
  let [bytes, characters, values] = [0, 0, 0]
  let tokens = list(body.messages).length * tokens_per_message
  const stack: unknown[] = [body]
  while (stack.length > 0) {
    const next = stack.pop()
    values += 1
    if (typeof next === 'string') {
      characters += next.length
      if (isImage(next)) tokens += tokens_per_image
      else bytes += Buffer.byteLength(next)
    } else if (typeof next === 'number') tokens += 1
    else if (Array.isArray(next)) for (const item of next) stack.push(item)
    else if (typeof next === 'object' && next !== null) {
      // Anthropic's pictures are bare base64 beside their type.
      const fields = object(next)
      if (fields.type === 'base64' && typeof fields.data === 'string') {
        tokens += tokens_per_image
        characters += fields.data.length
      } else
        for (const [key, value] of Object.entries(fields)) {
          bytes += key.length
          characters += key.length
          values += 1
          stack.push(value)
        }
    }
  }
  return { input_tokens: tokens + Math.ceil(bytes / bytes_per_token), characters, values }
}

/** The size of a body, for the estimate of a bounded function. */
export function sizeOf(body: JsonObject): BodySize {
  const { characters, values } = measureBody(body)
  return { characters, values }
}

const isImage = (text: string): boolean => /^data:image\/[a-z.+-]{1,30};base64,/i.test(text.slice(0, 60))
