/** Writes an answer of Anthropic's messages, whole or as a stream. */
import type { JsonObject } from '@muster/contract/values'
import { newId } from '../../../../platform/ids.ts'
import type { Usage } from '../../gateway.types.ts'
import { list } from '../../rules/usage.ts'
import type { AnswerOptions, AnswerStreamWriter } from '../answer-wires.ts'
import { signatureMark } from '../chat/own-marks.ts'
import type { Answer, AnswerEvent, AnswerPart, FinishReason, PartStart } from '../conversation.ts'
import { eventText } from '../events/wire-events.ts'
import { createBlockOrder } from './block-order.ts'
import { createInputPieces, type InputPieces } from './input-pieces.ts'

const reasons: Readonly<Record<FinishReason, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  content_filter: 'refusal',
  refusal: 'refusal',
  pause: 'pause_turn',
}

export function writeMessagesAnswer(answer: Answer, options: Pick<AnswerOptions, 'input_tokens'>): JsonObject {
  return {
    ...headOf(answer),
    content: answer.parts.map(wholeBlock),
    ...endOf(answer),
    usage: usageField(answer.usage, options),
  }
}

const headOf = ({ id, model }: { readonly id: string; readonly model: string }) => ({
  id: id || `msg_${newId().replaceAll('-', '')}`,
  type: 'message',
  role: 'assistant',
  model,
})

function endOf({ finish, stop_sequence }: Pick<Answer, 'finish' | 'stop_sequence'>) {
  const stop_reason = finish === 'stop' && stop_sequence !== undefined ? 'stop_sequence' : reasons[finish]
  return { stop_reason, stop_sequence: stop_sequence ?? null }
}

/** Before the provider has told any usage, the input is an estimate on the safe side, and there is no output. */
function usageField(usage: Usage | undefined, { input_tokens }: Pick<AnswerOptions, 'input_tokens'>): JsonObject {
  const { uncached, cache_read, cache_write, output, reasoning } = usage ?? {
    uncached: input_tokens,
    cache_read: 0,
    cache_write: 0,
    output: 0,
    reasoning: 0,
  }
  return {
    input_tokens: uncached,
    cache_read_input_tokens: cache_read,
    cache_creation_input_tokens: cache_write,
    output_tokens: output + reasoning,
  }
}

/** Arguments that were cut at the limit stay as the model wrote them, as a joined stream has them too. */
function wholeBlock(part: AnswerPart): JsonObject {
  const block = blockStart(part)
  if (part.type === 'tool_call') return { ...block, input: part.value ?? part.arguments }
  if (part.type !== 'thinking') return { ...block, text: part.text, ...citationFields(part) }
  return block.type === 'thinking' ? { ...block, thinking: part.text, signature: part.signature ?? '' } : block
}

function citationFields(part: AnswerPart): JsonObject {
  if (part.type !== 'text' || part.own?.wire !== 'messages') return {}
  return { citations: list(part.own.fields.citations) }
}

function blockStart(part: PartStart): JsonObject {
  if (part.type === 'text' || part.type === 'refusal') return { type: 'text', text: '' }
  if (part.type === 'tool_call') {
    const mark = part.signature === undefined ? {} : { extra_content: signatureMark(part.signature) }
    return { type: 'tool_use', id: part.id, name: part.name, input: {}, ...mark }
  }
  if (part.redacted !== undefined) return { type: 'redacted_thinking', data: part.redacted }
  return { type: 'thinking', thinking: '', signature: '' }
}

export function messagesStreamWriter(options: Pick<AnswerOptions, 'input_tokens'>): AnswerStreamWriter {
  const kinds = new Map<number, PartStart['type']>()
  const order = createBlockOrder()
  /** Of the call that is open. */
  let input: InputPieces | undefined
  let end = endOf({ finish: 'stop' })
  let hasStarted = false
  const start = (head: { readonly id: string; readonly model: string }): string => {
    if (hasStarted) return ''
    hasStarted = true
    const message = { ...headOf(head), content: [], stop_reason: null, stop_sequence: null }
    return write('message_start', { message: { ...message, usage: usageField(undefined, options) } })
  }

  const more = (index: number, text: string): string =>
    text === '' ? '' : write('content_block_delta', { index, delta: deltaOf(kinds.get(index), text) })

  function textOf(event: AnswerEvent): string {
    switch (event.type) {
      case 'start':
        return start(event)
      case 'part_start':
        kinds.set(event.index, event.part.type)
        input = event.part.type === 'tool_call' && !event.part.is_custom ? createInputPieces() : undefined
        return write('content_block_start', { index: event.index, content_block: blockStart(event.part) })
      case 'delta':
        return more(event.index, input ? input.add(event.text) : event.text)
      case 'signature':
        return write('content_block_delta', {
          index: event.index,
          delta: { type: 'signature_delta', signature: event.signature },
        })
      case 'citation':
        return write('content_block_delta', {
          index: event.index,
          delta: { type: 'citations_delta', citation: event.citation },
        })
      case 'part_end':
        return more(event.index, input?.end() ?? '') + write('content_block_stop', { index: event.index })
      default:
        return ''
    }
  }

  return {
    write(event) {
      if (event.type === 'finish') end = endOf(event)
      return order.add(event).map(textOf).join('')
    },
    end: (usage) =>
      start({ id: '', model: '' }) +
      write('message_delta', { delta: end, usage: usage ? usageField(usage, options) : { output_tokens: 0 } }) +
      write('message_stop'),
  }
}

const write = (type: string, fields: JsonObject = {}): string => eventText({ event: type, value: { type, ...fields } })

function deltaOf(kind: PartStart['type'] | undefined, text: string): JsonObject {
  if (kind === 'tool_call') return { type: 'input_json_delta', partial_json: text }
  return kind === 'thinking' ? { type: 'thinking_delta', thinking: text } : { type: 'text_delta', text }
}
