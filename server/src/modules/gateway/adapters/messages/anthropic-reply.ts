/** Translates Anthropic's answers, whole and streamed, into OpenAI's wire. */
import type { Json, JsonObject } from '@muster/contract/values'
import type { AdapterCall, Delta, StreamStep, Usage } from '../../gateway.types.ts'
import { list, object, openaiUsage } from '../../rules/usage.ts'

const reasons: Readonly<Record<string, string>> = {
  max_tokens: 'length',
  tool_use: 'tool_calls',
  refusal: 'content_filter',
}
const reasonOf = (stop_reason: Json | undefined): string => reasons[String(stop_reason)] ?? 'stop'

export function chatAnswer(body: JsonObject, usage: Usage | undefined): JsonObject {
  const blocks = list(body.content).map(object)
  const text = blocks.flatMap((block) => (block.type === 'text' ? [String(block.text ?? '')] : []))
  const tool_calls = blocks
    .filter(({ type }) => type === 'tool_use')
    .map(({ id = '', name = '', input = {} }) => ({
      id,
      type: 'function',
      function: { name, arguments: JSON.stringify(input) },
    }))
  const content = text.length > 0 ? text.join('') : null
  const message = { role: 'assistant', content, refusal: null, ...(tool_calls.length > 0 && { tool_calls }) }
  return {
    id: body.id ?? '',
    object: 'chat.completion',
    created: now(),
    model: body.model ?? '',
    choices: [{ index: 0, message, logprobs: null, finish_reason: reasonOf(body.stop_reason) }],
    ...(usage && { usage: openaiUsage(usage) }),
  }
}

/** Translates a stream event by event; `usage` is the usage that was reported so far. */
export function createChatChunks({ body }: AdapterCall) {
  const wants_usage = object(body.stream_options).include_usage === true
  /** OpenAI's wire numbers tool calls apart; Anthropic's numbers them among all blocks. */
  const calls = new Map<Json, number>()
  let head: JsonObject = {}
  const chunk = (choices: readonly JsonObject[], more: JsonObject = {}): string =>
    `data: ${JSON.stringify({ ...head, choices, ...more })}\n\n`
  const deltas = (delta: JsonObject, finish_reason: string | null = null): string =>
    chunk([{ index: 0, delta, finish_reason }])
  const toolCallDelta = (index: Json | undefined, fields: JsonObject): string =>
    deltas({ tool_calls: [{ index: calls.get(index ?? 0) ?? 0, ...fields }] })
  const step = (out: string, content: boolean, done = false) => ({ out, content, done })

  const stepOf = (event: JsonObject, usage: Usage | undefined) => {
    const { type, index } = event
    const delta = object(event.delta)
    if (type === 'message_start') {
      const { id = '', model = '' } = object(event.message)
      head = { id, object: 'chat.completion.chunk', created: now(), model }
      return step(deltas({ role: 'assistant', content: '' }), false)
    }
    if (type === 'content_block_start') {
      const { type: kind, id = '', name = '', text } = object(event.content_block)
      if (kind === 'text' && typeof text === 'string' && text !== '') return step(deltas({ content: text }), true)
      if (kind !== 'tool_use') return step('', false)
      calls.set(index ?? 0, calls.size)
      return step(toolCallDelta(index, { id, type: 'function', function: { name, arguments: '' } }), true)
    }
    if (delta.type === 'text_delta') return step(deltas({ content: delta.text ?? '' }), true)
    if (delta.type === 'input_json_delta' && calls.has(index ?? 0))
      return step(toolCallDelta(index, { function: { arguments: delta.partial_json ?? '' } }), true)
    if (type === 'message_delta' && typeof delta.stop_reason === 'string')
      return step(deltas({}, reasonOf(delta.stop_reason)), true)
    if (type !== 'message_stop') return step('', false)
    const usageChunk = wants_usage && usage ? chunk([], { usage: openaiUsage(usage) }) : ''
    return step(`${usageChunk}data: [DONE]\n\n`, false, true)
  }
  return (event: JsonObject, usage: Usage | undefined): StreamStep => ({
    ...stepOf(event, usage),
    deltas: deltasIn(event),
  })
}

const kinds = { text: 'text', thinking: 'thought', partial_json: 'call' } as const

/** The generated text of an event. The signature of a thought was not generated. */
export function deltasIn({ index, delta, content_block }: JsonObject): readonly Delta[] {
  const fields = { ...object(content_block), ...object(delta) }
  const voice = Number(index ?? 0)
  if (fields.type === 'tool_use') return [{ kind: 'call', voice, text: '' }]
  return Object.entries(kinds).flatMap(([field, kind]) => {
    const text = fields[field]
    return typeof text === 'string' && text !== '' ? [{ kind, voice, text }] : []
  })
}

const now = (): number => Math.floor(Date.now() / 1000)
