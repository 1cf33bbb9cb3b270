/**
 * Turns a stream of a client's wire into the whole answer. Undefined where the stream is not complete or holds an
 * unknown event.
 */

import type { Json, JsonObject } from '@muster/contract/values'
import { parseExactJson } from '../../../../platform/json/exact-json.ts'
import type { Wire } from '../../gateway.types.ts'
import { list, object } from '../../rules/usage.ts'
import { eventsIn } from '../../wires/events/wire-events.ts'

export function streamAsWhole(wire: Wire, text: string): JsonObject | undefined {
  const events = eventsIn(text)
  const values = events.flatMap(({ value }) => (value ? [value] : []))
  // An answer that was restarted or resumed is not given to anybody else.
  if (values.some((value) => 'muster' in value || value.type === 'error' || 'error' in value)) return undefined
  if (wire === 'messages') return values.at(-1)?.type === 'message_stop' ? messageOf(values) : undefined
  return events.at(-1)?.data === '[DONE]' ? completionOf(values) : undefined
}

function completionOf(chunks: readonly JsonObject[]): JsonObject {
  const choices = new Map<number, JsonObject>()
  let usage: Json | undefined
  for (const chunk of chunks) {
    usage = chunk.usage ?? usage
    for (const choice of list(chunk.choices).map(object)) {
      const index = Number(choice.index ?? 0)
      const before = choices.get(index) ?? { index, message: {}, logprobs: null, finish_reason: null }
      const finish_reason = choice.finish_reason ?? before.finish_reason ?? null
      const logprobs = joinLogprobs(before.logprobs, choice.logprobs)
      choices.set(index, {
        ...before,
        message: mergeDelta(object(before.message), object(choice.delta)),
        logprobs,
        finish_reason,
      })
    }
  }
  const { choices: _choices, usage: _usage, ...head } = chunks[0] ?? {}
  const all = [...choices.values()].sort((one, other) => Number(one.index) - Number(other.index)).map(wholeChoice)
  return { ...head, object: 'chat.completion', choices: all, ...(usage != null && { usage }) }
}

/** Texts grow, calls grow by their numbers, and of all else the latest counts. */
function mergeDelta(message: JsonObject, delta: JsonObject): JsonObject {
  const fields: Record<string, Json> = { ...message }
  for (const [name, value] of Object.entries(delta)) {
    const before = fields[name]
    if (name === 'tool_calls') fields[name] = mergeCalls(list(before), list(value))
    else if (name === 'content' && (Array.isArray(before) || Array.isArray(value)))
      fields[name] = [...contentParts(before), ...contentParts(value)]
    else if (typeof value === 'string' && typeof before === 'string' && name !== 'role') fields[name] = before + value
    else if (value !== null || before === undefined) fields[name] = value
  }
  return fields
}

/** Some servers have parts where others have a text. */
function contentParts(content: Json | undefined): readonly Json[] {
  return typeof content === 'string' && content !== '' ? [{ type: 'text', text: content }] : list(content)
}

function mergeCalls(before: readonly Json[], pieces: readonly Json[]): readonly Json[] {
  const calls = before.map(object)
  for (const piece of pieces.map(object)) {
    const at = calls.findIndex(({ index }) => index === (piece.index ?? 0))
    const existingCall = calls[at]
    if (!existingCall) calls.push({ ...piece, index: piece.index ?? 0 })
    else {
      const { index: _index, function: more, type: _type, ...rest } = piece
      calls[at] = {
        ...existingCall,
        ...present(rest),
        function: mergeFunction(object(existingCall.function), object(more)),
      }
    }
  }
  return calls
}

function mergeFunction(existingFunction: JsonObject, { arguments: text, ...rest }: JsonObject): JsonObject {
  return {
    ...existingFunction,
    ...present(rest),
    arguments: `${String(existingFunction.arguments ?? '')}${String(text ?? '')}`,
  }
}

const present = (fields: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== ''))

function joinLogprobs(before: Json | undefined, more: Json | undefined): Json {
  const content = [...list(object(before).content), ...list(object(more).content)]
  return content.length > 0 ? { ...object(before), ...object(more), content } : (before ?? more ?? null)
}

/** As servers write whole answers: calls without numbers, and null for the content beside them. */
function wholeChoice(choice: JsonObject): JsonObject {
  const { tool_calls, content, refusal = null, ...message } = object(choice.message)
  const calls = [...list(tool_calls)].map(object).sort((one, other) => Number(one.index) - Number(other.index))
  const numberless = calls.map(({ index: _index, ...call }) => call)
  const has_calls = calls.length > 0
  const is_wordless = content === '' && (has_calls || refusal !== null)
  const messageContent = is_wordless ? null : (content ?? null)
  return {
    ...choice,
    message: {
      role: 'assistant',
      ...message,
      content: messageContent,
      ...('refusal' in object(choice.message) && { refusal }),
      ...(has_calls && { tool_calls: numberless }),
    },
  }
}

function messageOf(events: readonly JsonObject[]): JsonObject | undefined {
  let message: JsonObject = {}
  const blocks = new Map<number, JsonObject>()
  const inputs = new Map<number, string>()
  for (const event of events) {
    const index = Number(event.index ?? 0)
    if (event.type === 'message_start') message = object(event.message)
    else if (event.type === 'content_block_start') blocks.set(index, object(event.content_block))
    else if (event.type === 'content_block_delta') {
      const { type, partial_json } = object(event.delta)
      if (type === 'input_json_delta') inputs.set(index, `${inputs.get(index) ?? ''}${String(partial_json ?? '')}`)
      else {
        const block = withDelta(blocks.get(index) ?? {}, object(event.delta))
        if (!block) return undefined
        blocks.set(index, block)
      }
    } else if (event.type === 'message_delta') {
      const usage = { ...object(message.usage), ...object(event.usage) }
      message = { ...message, ...object(event.delta), usage }
    }
  }
  const content = [...blocks].sort(([one], [other]) => one - other)
  return { ...message, content: content.map(([index, block]) => withInput(block, inputs.get(index))) }
}

const growingFields: Readonly<Record<string, string>> = {
  text_delta: 'text',
  thinking_delta: 'thinking',
  signature_delta: 'signature',
}

function withDelta(block: JsonObject, delta: JsonObject): JsonObject | undefined {
  if (delta.type === 'citations_delta')
    return {
      ...block,
      citations: [...list(block.citations), ...(delta.citation === undefined ? [] : [delta.citation])],
    }
  const field = growingFields[String(delta.type)]
  if (field === undefined) return undefined
  return { ...block, [field]: `${String(block[field] ?? '')}${String(delta[field] ?? '')}` }
}

function withInput(block: JsonObject, input: string | undefined): JsonObject {
  if (input === undefined || input === '') return block
  // Models write it, and it may be no JSON; then it stays as it is.
  try {
    return { ...block, input: object(parseExactJson(input)) }
  } catch {
    return { ...block, input }
  }
}
