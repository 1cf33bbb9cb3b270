/** The transcript of an answer: the part that the client has, so that another attempt can continue it. */
import type { Json, JsonObject } from '@muster/contract/values'
import type { Delta, Wire } from '../gateway.types.ts'
import { createOutputCounter } from './output.ts'
import { list, object } from './usage.ts'

export interface Transcript {
  add(deltas: readonly Delta[]): void
  /** Discards the text: the answer begins anew. */
  clear(): void
  endsInSpace(): boolean
  /**
   * The call with the transcript as the beginning of the assistant's message; undefined where it cannot be continued.
   */
  continuedBody(): JsonObject | undefined
}

/** A text can be continued; an open tool call cannot, nor several choices at once. */
export function createTranscript(wire: Wire, body: JsonObject): Transcript {
  let counter = createOutputCounter()
  let text = ''
  let has_calls = false
  const is_single = wire === 'messages' || (wire === 'chat' && (body.n ?? 1) === 1)
  return {
    add(deltas) {
      counter.add(deltas)
      for (const one of deltas) {
        if (one.kind === 'text') text += one.text
        has_calls ||= one.kind === 'call'
      }
    },
    clear() {
      counter = createOutputCounter()
      text = ''
      has_calls = false
    },
    endsInSpace: () => /\s$/.test(text),
    continuedBody() {
      // Some providers refuse words that end in white space.
      const answerStart = text.trimEnd()
      if (!is_single || has_calls || answerStart === '') return undefined
      return {
        ...body,
        ...lessTokens(body, counter.tokens()),
        messages: withBeginning(list(body.messages), answerStart),
      }
    },
  }
}

/** Text that the client itself gave as the assistant's beginning stays in front. */
function withBeginning(messages: readonly Json[], answerStart: string): readonly Json[] {
  const last = object(messages.at(-1))
  if (last.role !== 'assistant' || typeof last.content !== 'string')
    return [...messages, { role: 'assistant', content: answerStart }]
  return [...messages.slice(0, -1), { ...last, content: last.content + answerStart }]
}

function lessTokens(body: JsonObject, said_tokens: number): JsonObject {
  const fields = ['max_tokens', 'max_completion_tokens'].flatMap((name) => {
    const max = body[name]
    return typeof max === 'number' ? [[name, Math.max(1, max - said_tokens)] as const] : []
  })
  return Object.fromEntries(fields)
}
