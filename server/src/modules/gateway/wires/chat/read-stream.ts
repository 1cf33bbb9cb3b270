/** Reads a streamed answer of OpenAI's chat completions, as servers of this wire vary it. */
import type { JsonObject } from '@muster/contract/values'
import { ProviderFailure, type Usage } from '../../gateway.types.ts'
import { isObject, list, object, usageOfOpenai } from '../../rules/usage.ts'
import { createStreamErrors } from '../answer-errors.ts'
import type { AnswerStreamReader } from '../answer-wires.ts'
import type { AnswerEvent } from '../conversation.ts'
import { parsedEvent } from '../events/parsed-event.ts'
import { textIn } from '../fields.ts'
import { createPartEvents } from '../part-events.ts'
import { argumentText, createCallPieces } from './call-pieces.ts'
import { readSignature } from './own-marks.ts'
import { answerCallIds, chatFinish } from './read-answer.ts'
import { readChatContent } from './read-content.ts'
import { thoughtText } from './read-request.ts'

export function chatStreamReader(): AnswerStreamReader {
  const parts = createPartEvents(answerCallIds())
  const pieces = createCallPieces()
  const errors = createStreamErrors()
  let usage: Usage | undefined
  let isDone = false
  let finish: string | undefined

  function readDelta(delta: JsonObject): void {
    parts.say('thinking', thoughtText(delta))
    for (const part of readChatContent(delta.content, 'choices[0].delta.content')) {
      if (part.type === 'text' || part.type === 'thinking' || part.type === 'refusal') parts.say(part.type, part.text)
      else throw new ProviderFailure('malformed', `The provider’s response holds a ${part.type}.`)
    }
    parts.say('refusal', textIn(delta.refusal) ?? '')
    readCalls(delta, { parts, pieces })
  }

  return {
    isDone: () => isDone,
    isComplete: () => isDone || finish !== undefined,
    usage: () => usage,
    read(event): readonly AnswerEvent[] {
      if (event.data.trim() === '[DONE]') {
        isDone = true
        return []
      }
      const chunk = parsedEvent(event)
      const error = errors.errorIn(event, chunk, parts.hasBegun())
      if (error) throw error
      // Cumulative usage comes with every chunk: the latest counts.
      const told = usageOfOpenai(chunk.usage)
      usage = told ?? usage
      const choice = object(list(chunk.choices)[0])
      // The first chunk of some servers tells of filters and has neither id nor choices.
      if (chunk.id || list(chunk.choices).length > 0)
        parts.start({ id: textIn(chunk.id) ?? '', model: textIn(chunk.model) ?? '' })
      // Some servers send the whole message where a piece of it is expected.
      const delta = isObject(choice.delta) || parts.hasParts() ? object(choice.delta) : object(choice.message)
      readDelta(delta)
      // Some servers have an empty text there until the end.
      finish = textIn(choice.finish_reason) || finish
      return [...parts.take(), ...(told ? [{ type: 'usage', usage: told } as const] : [])]
    },
    close: () => parts.end(chatFinish(finish, { has_calls: parts.hasCalls(), usage })),
  }
}

function readCalls(
  delta: JsonObject,
  {
    parts,
    pieces,
  }: { readonly parts: ReturnType<typeof createPartEvents>; readonly pieces: ReturnType<typeof createCallPieces> },
): void {
  const legacy = isObject(delta.function_call) ? [{ function: delta.function_call }] : []
  for (const item of [...list(delta.tool_calls), ...legacy]) {
    const piece = object(item)
    const fields = { ...piece, ...object(piece.function), ...object(piece.custom) }
    const { number, name } = pieces.callOf(piece)
    parts.call(number, {
      id: textIn(piece.id) ?? '',
      name,
      text: argumentText(fields),
      signature: readSignature(piece),
      is_custom: isObject(piece.custom),
    })
  }
}
