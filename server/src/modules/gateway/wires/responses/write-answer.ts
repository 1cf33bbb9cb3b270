/** Writes an answer of OpenAI's responses, whole or as a stream: both are made of the same items. */
import type { JsonObject } from '@muster/contract/values'
import type { Usage } from '../../gateway.types.ts'
import { object } from '../../rules/usage.ts'
import { eventsOf } from '../answer-events.ts'
import type { AnswerOptions, AnswerStreamWriter } from '../answer-wires.ts'
import type { Answer, FinishReason } from '../conversation.ts'
import { eventText } from '../events/wire-events.ts'
import { newItemId } from './own-marks.ts'
import { createResponseItems } from './response-items.ts'

type Request = Pick<AnswerOptions, 'request'>

export function writeResponsesAnswer(answer: Answer, { request }: Request): JsonObject {
  const items = createResponseItems(request)
  for (const event of eventsOf(answer)) items.add(event)
  items.close()
  const head = headOf(request, answer.model)
  return { ...head, ...endOf(answer.finish), output: items.output(), ...usageField(answer.usage) }
}

export function responsesStreamWriter({ request }: Request): AnswerStreamWriter {
  const items = createResponseItems(request)
  let sequence_number = 0
  let head: JsonObject | undefined
  let finish: FinishReason = 'stop'
  const write = (type: string, fields: JsonObject): string =>
    eventText({ event: type, value: { type, sequence_number: sequence_number++, ...fields } })
  const writeAll = (events: readonly JsonObject[]): string =>
    events.map(({ type, ...fields }) => write(String(type), fields)).join('')
  const start = (model: string): string => {
    if (head) return ''
    head = headOf(request, model)
    const response = { ...head, status: 'in_progress', output: [] }
    return write('response.created', { response }) + write('response.in_progress', { response })
  }
  return {
    write(event) {
      if (event.type === 'start') return start(event.model)
      if (event.type === 'finish') finish = event.finish
      return writeAll(items.add(event))
    },
    end(usage) {
      const before = start(String(request.model ?? '')) + writeAll(items.close())
      const response = { ...head, ...endOf(finish), output: items.output(), ...usageField(usage) }
      return (
        before +
        write(finish === 'length' || finish === 'content_filter' ? 'response.incomplete' : 'response.completed', {
          response,
        })
      )
    },
  }
}

/** The request is repeated in the answer, as OpenAI's servers do. */
function headOf(request: JsonObject, model: string): JsonObject {
  const { effort = null, summary = null } = object(request.reasoning)
  return {
    id: newItemId('resp'),
    object: 'response',
    created_at: Math.floor(Date.now() / 1000),
    status: 'completed',
    background: false,
    error: null,
    incomplete_details: null,
    instructions: request.instructions ?? null,
    max_output_tokens: request.max_output_tokens ?? null,
    metadata: request.metadata ?? {},
    model,
    output: [],
    parallel_tool_calls: request.parallel_tool_calls ?? true,
    previous_response_id: null,
    reasoning: { effort, summary },
    store: false,
    temperature: request.temperature ?? null,
    text: request.text ?? { format: { type: 'text' } },
    tool_choice: request.tool_choice ?? 'auto',
    tools: request.tools ?? [],
    top_p: request.top_p ?? null,
    truncation: 'disabled',
    usage: null,
    user: request.user ?? null,
  }
}

function endOf(finish: FinishReason): JsonObject {
  if (finish === 'length') return { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }
  if (finish === 'content_filter') return { status: 'incomplete', incomplete_details: { reason: 'content_filter' } }
  return { status: 'completed' }
}

function usageField(usage: Usage | undefined): JsonObject {
  if (!usage) return { usage: null }
  const { uncached, cache_read, cache_write, output, reasoning } = usage
  const input_tokens = uncached + cache_read + cache_write
  const output_tokens = output + reasoning
  return {
    usage: {
      input_tokens,
      input_tokens_details: { cached_tokens: cache_read },
      output_tokens,
      output_tokens_details: { reasoning_tokens: reasoning },
      total_tokens: input_tokens + output_tokens,
    },
  }
}
