/** Reads an answer of Gemini, whole and as a stream. */
import type { JsonObject } from '@muster/contract/values'
import { ProviderFailure, type Usage } from '../../gateway.types.ts'
import { isObject, list, object, usageOfGemini } from '../../rules/usage.ts'
import { createStreamErrors, errorIn } from '../answer-errors.ts'
import { answerOf } from '../answer-events.ts'
import type { AnswerStreamReader, ProviderWire } from '../answer-wires.ts'
import { argumentText } from '../chat/call-pieces.ts'
import { answerCallIds } from '../chat/read-answer.ts'
import type { Answer, FinishReason } from '../conversation.ts'
import { parsedEvent } from '../events/parsed-event.ts'
import { textIn } from '../fields.ts'
import { createPartEvents } from '../part-events.ts'

/** A whole answer is a stream of one event. @throws ProviderFailure for what is no answer */
function readGeminiAnswer(body: JsonObject): Answer {
  const error = errorIn(body)
  if (error) throw error
  const reader = createGeminiReader()
  const events = reader.read(body)
  const answer = reader.isComplete() ? answerOf([...events, ...reader.close()]) : undefined
  if (!answer) throw new ProviderFailure('malformed', 'The provider’s response is incomplete.')
  return answer
}

function geminiStreamReader(): AnswerStreamReader {
  const reader = createGeminiReader()
  const errors = createStreamErrors()
  return {
    ...reader,
    read(event) {
      const value = parsedEvent(event)
      const error = errors.errorIn(event, value, reader.hasBegun())
      if (error) throw error
      return reader.read(value)
    },
  }
}

function createGeminiReader() {
  const parts = createPartEvents(answerCallIds(), 'gemini')
  let usage: Usage | undefined
  let calls = 0
  let finish: FinishReason | undefined
  let isUnreadable = false

  function readPart(part: JsonObject): void {
    const { text, thought, functionCall, thoughtSignature, inlineData } = part
    if (isObject(functionCall)) {
      const signature = textIn(thoughtSignature)
      parts.call(calls++, {
        id: textIn(functionCall.id) ?? '',
        name: textIn(functionCall.name) ?? '',
        text: argumentText({ arguments: functionCall.args ?? {} }),
        ...(signature !== undefined && { signature: { text: signature, made_by: 'gemini' } }),
      })
    } else if (inlineData !== undefined)
      throw new ProviderFailure('malformed', 'The provider’s response holds media, which cannot be translated.', {
        ...(usage && { usage }),
      })
    else parts.say(thought === true ? 'thinking' : 'text', textIn(text) ?? '')
  }

  return {
    hasBegun: () => parts.hasBegun(),
    read(body: JsonObject) {
      // Every event reports all tokens so far: the latest counts.
      const told = usageOfGemini(body.usageMetadata)
      usage = told ?? usage
      parts.start({ id: textIn(body.responseId) ?? '', model: textIn(body.modelVersion) ?? '' })
      const candidate = object(list(body.candidates)[0])
      for (const part of list(object(candidate.content).parts)) readPart(object(part))
      finish = finishOf(candidate, body) ?? finish
      isUnreadable ||= candidate.finishReason === 'MALFORMED_FUNCTION_CALL'
      return [...parts.take(), ...(told ? [{ type: 'usage', usage: told } as const] : [])]
    },
    close() {
      if (isUnreadable) throw unreadable(usage)
      return parts.end(finish === 'stop' && calls > 0 ? 'tool_calls' : (finish ?? 'stop'))
    },
    /** Its streams have no closing event: they just end. */
    isDone: () => false,
    isComplete: () => finish !== undefined,
    usage: () => usage,
  }
}

function unreadable(usage: Usage | undefined): ProviderFailure {
  const problem = 'The model wrote a call of a tool that the provider could not read.'
  return new ProviderFailure('malformed', problem, { ...(usage && { usage }) })
}

const reasons: Readonly<Record<string, FinishReason>> = { STOP: 'stop', MAX_TOKENS: 'length' }

/** A reason that is neither the end nor the limit means that a filter cut the answer. Undefined: it goes on. */
function finishOf({ finishReason }: JsonObject, { promptFeedback }: JsonObject): FinishReason | undefined {
  if (typeof finishReason === 'string' && finishReason !== '') return reasons[finishReason] ?? 'content_filter'
  return object(promptFeedback).blockReason === undefined ? undefined : 'content_filter'
}

export const geminiWire: ProviderWire = { readAnswer: readGeminiAnswer, streamReader: geminiStreamReader }
