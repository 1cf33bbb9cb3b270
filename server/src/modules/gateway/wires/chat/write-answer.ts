/** Writes an answer of OpenAI's chat completions, whole or as a stream. */

import type { Json, JsonObject } from '@muster/contract/values'
import { newId } from '../../../../platform/ids.ts'
import { exactJsonText } from '../../../../platform/json/exact-json.ts'
import { object, openaiUsage } from '../../rules/usage.ts'
import type { AnswerOptions, AnswerStreamWriter } from '../answer-wires.ts'
import type { Answer, AnswerEvent, FinishReason, PartStart, ThinkingPart, ToolCallPart } from '../conversation.ts'
import { present } from '../fields.ts'
import { signatureMark, thinkingMark } from './own-marks.ts'

const reasons: Readonly<Record<FinishReason, string>> = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'tool_calls',
  content_filter: 'content_filter',
  refusal: 'content_filter',
  pause: 'stop',
}

export function writeChatAnswer(answer: Answer): JsonObject {
  const { id, model, parts, finish, usage } = answer
  const texts = (type: 'text' | 'refusal') => parts.flatMap((part) => (part.type === type ? [part.text] : [])).join('')
  const thoughts = parts.flatMap((part) => (part.type === 'thinking' ? [part] : []))
  const calls = parts.flatMap((part) => (part.type === 'tool_call' ? [part] : []))
  const [text, refusal] = [texts('text'), texts('refusal')]
  const reasoning = thoughts.map((part) => part.text).join('')
  const message = {
    role: 'assistant',
    content: text === '' && (calls.length > 0 || refusal !== '') ? null : text,
    refusal: refusal === '' ? null : refusal,
    ...(reasoning !== '' && { reasoning_content: reasoning }),
    ...(calls.length > 0 && { tool_calls: calls.map(wholeCall) }),
    ...present({ extra_content: thinkingMark(thoughts) }),
  }
  return {
    ...headOf(id, model),
    object: 'chat.completion',
    choices: [{ index: 0, message, logprobs: null, finish_reason: reasons[finish] }],
    ...(usage && { usage: openaiUsage(usage) }),
  }
}

const headOf = (id: string, model: string) => ({
  id: id || `chatcmpl-${newId()}`,
  created: Math.floor(Date.now() / 1000),
  model,
})

function wholeCall({ arguments: text, ...call }: ToolCallPart): JsonObject {
  const { function: described, ...rest } = startedCall(call)
  return { ...rest, function: { ...object(described), arguments: text } }
}

type CallStart = Pick<ToolCallPart, 'id' | 'name' | 'signature'>

function startedCall({ id, name, signature }: CallStart): JsonObject {
  const mark = signature === undefined ? {} : { extra_content: signatureMark(signature) }
  return { id, type: 'function', function: { name, arguments: '' }, ...mark }
}

export function chatStreamWriter({ request }: Pick<AnswerOptions, 'request'>): AnswerStreamWriter {
  const wants_usage = object(request.stream_options).include_usage === true
  const parts = new Map<number, OpenPart>()
  let calls = 0
  let head: JsonObject = {}
  const chunk = (choices: readonly Json[], more: JsonObject = {}): string =>
    `data: ${exactJsonText({ ...head, choices, ...more })}\n\n`
  const deltas = (delta: JsonObject, finish_reason: string | null = null): string =>
    chunk([{ index: 0, delta, finish_reason }])

  function begin(index: number, start: PartStart): string {
    const call = start.type === 'tool_call' ? calls++ : 0
    parts.set(index, { start, call, text: '' })
    return start.type === 'tool_call' ? deltas({ tool_calls: [{ index: call, ...startedCall(start) }] }) : ''
  }

  function more(part: OpenPart | undefined, text: string): string {
    if (!part) return ''
    part.text += text
    if (part.start.type === 'tool_call')
      return deltas({ tool_calls: [{ index: part.call, function: { arguments: text } }] })
    return deltas({ [fields[part.start.type]]: text })
  }

  /** Signatures are whole at the end only, and so is the mark with all of them. */
  function finished(finish: FinishReason): string {
    const thoughts = [...parts.values()].flatMap(({ start, text, signature }): ThinkingPart[] =>
      start.type === 'thinking' ? [{ ...start, text, ...(signature !== undefined && { signature }) }] : [],
    )
    const extra_content = thinkingMark(thoughts)
    return (extra_content ? deltas({ extra_content }) : '') + deltas({}, reasons[finish])
  }

  return {
    write(event: AnswerEvent): string {
      if (event.type === 'start') {
        head = { ...headOf(event.id, event.model), object: 'chat.completion.chunk' }
        return deltas({ role: 'assistant', content: '', refusal: null })
      }
      if (event.type === 'part_start') return begin(event.index, event.part)
      if (event.type === 'delta') return more(parts.get(event.index), event.text)
      if (event.type === 'finish') return finished(event.finish)
      const part = event.type === 'signature' || event.type === 'part_end' ? parts.get(event.index) : undefined
      if (part && event.type === 'signature') part.signature = (part.signature ?? '') + event.signature
      // A call without arguments: clients parse the text.
      return event.type === 'part_end' && part?.start.type === 'tool_call' && part.text === '' ? more(part, '{}') : ''
    },
    end: (usage) => `${wants_usage && usage ? chunk([], { usage: openaiUsage(usage) }) : ''}data: [DONE]\n\n`,
  }
}

interface OpenPart {
  readonly start: PartStart
  /** The number of a call among the calls. */
  readonly call: number
  text: string
  signature?: string
}

const fields = { text: 'content', refusal: 'refusal', thinking: 'reasoning_content' } as const
