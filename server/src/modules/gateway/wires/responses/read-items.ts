/** Reads the items of a request of OpenAI's responses: messages, calls, their outputs, and reasoning. */
import type { Json, JsonObject } from '@muster/contract/values'
import { list, object } from '../../rules/usage.ts'
import { callArguments } from '../call-arguments.ts'
import { type CallIds, createCallIds } from '../call-ids.ts'
import { mediaKind } from '../chat/read-content.ts'
import type { CallSignature, MediaPart, MediaSource, Part, TextPart, Turn } from '../conversation.ts'
import { dataOf, joinedText, maybe, refusedAt, textIn } from '../fields.ts'
import { resultContent, systemTexts } from '../parts.ts'
import { joinNeighbours } from '../turns.ts'
import { customArguments, functionName, local_shell, shellArguments } from './emulated-tools.ts'
import { readReasoningMark } from './own-marks.ts'

export interface ReadItems {
  readonly system: readonly TextPart[]
  readonly turns: readonly Turn[]
}

/** @throws ProviderFailure with its place for an item that only OpenAI's servers understand */
export function readItems(input: Json | undefined): ReadItems {
  if (typeof input === 'string')
    return { system: [], turns: [{ role: 'user', parts: [{ type: 'text', text: input, place: 'input' }] }] }
  const state: ReadState = { calls: createCallIds(), signatures: new Map() }
  const system: TextPart[] = []
  const turns: Turn[] = []
  for (const [at, value] of list(input).entries()) {
    const item = object(value)
    const place = `input[${at}]`
    if (isMessage(item) && (item.role === 'system' || item.role === 'developer')) {
      const texts = systemTexts(readContent(item.content, `${place}.content`))
      const text = texts.map((part) => part.text).join('\n')
      if (text !== '') system.push({ type: 'text', text, place: `${place}.content` })
    } else turns.push({ ...turnOf(item, place, state), place })
  }
  return { system, turns: joinNeighbours(turns.filter(({ parts }) => parts.length > 0)) }
}

interface ReadState {
  readonly calls: CallIds
  /** Of calls, by their ids, as reasoning items before them tell. */
  readonly signatures: Map<string, CallSignature>
}

const isMessage = ({ type, role }: JsonObject): boolean =>
  type === 'message' || (type === undefined && typeof role === 'string')

function turnOf(item: JsonObject, place: string, state: ReadState): Turn {
  if (isMessage(item)) {
    const role = item.role === 'assistant' ? 'assistant' : 'user'
    return { role, parts: readContent(item.content, `${place}.content`) }
  }
  const read = typeof item.type === 'string' ? itemReaders[item.type] : undefined
  if (!read) throw refusedAt(place, `this model does not support items of type ${String(item.type)}.`)
  return read(item, place, state)
}

const itemReaders: Readonly<Record<string, (item: JsonObject, place: string, state: ReadState) => Turn>> = {
  function_call: (item, place, state) => {
    const called = { ...callArguments(item.arguments), name: nameOf(item), arguments_place: `${place}.arguments` }
    return callTurn(called, item, { place, state })
  },
  custom_tool_call: (item, place, state) => {
    const text = customArguments(textIn(item.input) ?? '')
    return callTurn({ ...callArguments(text), name: nameOf(item) }, item, { place, state })
  },
  local_shell_call: (item, place, state) => {
    const text = shellArguments(object(item.action))
    return callTurn({ ...callArguments(text), name: local_shell }, item, { place, state })
  },
  function_call_output: outputTurn,
  custom_tool_call_output: outputTurn,
  local_shell_call_output: outputTurn,
  reasoning: readReasoning,
}

const nameOf = ({ name, namespace }: JsonObject): string => functionName(textIn(name) ?? '', textIn(namespace))

type Called = ReturnType<typeof callArguments> & { readonly name: string; readonly arguments_place?: string }

interface ItemPlace {
  readonly place: string
  readonly state: ReadState
}

function callTurn(called: Called, item: JsonObject, { place, state }: ItemPlace): Turn {
  const id = state.calls.call(textIn(item.call_id), called.name)
  const signature = maybe('signature', state.signatures.get(id))
  return { role: 'assistant', parts: [{ type: 'tool_call', id, ...called, ...signature, place }] }
}

function outputTurn(item: JsonObject, place: string, { calls }: ReadState): Turn {
  const answered = calls.result(textIn(item.call_id) ?? textIn(item.id))
  const parts = resultContent(readContent(item.output, `${place}.output`))
  return { role: 'user', parts: [{ type: 'tool_result', ...answered, parts, is_error: false, place }] }
}

/** Thoughts that OpenAI's servers have encrypted can be read by them alone; their summary is no thought of another model. */
function readReasoning(item: JsonObject, place: string, { signatures }: ReadState): Turn {
  const mark = readReasoningMark(item.encrypted_content)
  if (mark?.call_id !== undefined) {
    if (mark.signature !== undefined) signatures.set(mark.call_id, { text: mark.signature, made_by: mark.made_by })
    return { role: 'assistant', parts: [] }
  }
  const text = joinedText(item.content) || joinedText(item.summary)
  if (!mark) return { role: 'assistant', parts: text === '' ? [] : [{ type: 'thinking', text, place }] }
  const { made_by, signature, redacted } = mark
  const part = {
    type: 'thinking',
    text,
    made_by,
    ...maybe('signature', signature),
    ...maybe('redacted', redacted),
    place,
  }
  return { role: 'assistant', parts: [part as Part] }
}

function readContent(content: Json | undefined, place: string): readonly Part[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content, place }]
  return list(content).flatMap((item, at) => readPart(object(item), `${place}[${at}]`))
}

function readPart(part: JsonObject, place: string): readonly Part[] {
  const { type } = part
  if (type === 'input_text' || type === 'output_text' || type === 'text') {
    const text = textIn(part.text) ?? ''
    return text === '' ? [] : [{ type: 'text', text, place }]
  }
  if (type === 'refusal') return [{ type, text: textIn(part.refusal) ?? '', place }]
  if (type === 'input_image')
    return [{ type: 'picture', source: sourceOf(part, place), ...maybe('detail', textIn(part.detail)), place }]
  if (type === 'input_file') return [fileOf(part, place)]
  if (type === 'input_audio') {
    const { data, format } = object(part.input_audio)
    if (typeof data !== 'string') throw refusedAt(place, 'input_audio has no data.')
    const media_type = format === 'mp3' ? 'audio/mpeg' : `audio/${String(format)}`
    return [{ type: 'sound', source: { kind: 'data', media_type, data }, place }]
  }
  throw refusedAt(place, `this model does not support content of type ${String(type)}.`)
}

function fileOf(part: JsonObject, place: string): MediaPart {
  const source = sourceOf(part, place)
  const type = source.kind === 'data' ? mediaKind(source.media_type) : 'document'
  return { type, source, ...maybe('title', textIn(part.filename)), place }
}

function sourceOf({ file_id, image_url, file_url, file_data }: JsonObject, place: string): MediaSource {
  if (typeof file_id === 'string') return { kind: 'file', file_id, wire: 'responses' }
  const url = textIn(image_url) ?? textIn(object(image_url).url) ?? textIn(file_data) ?? textIn(file_url)
  if (url === undefined) throw refusedAt(place, 'there is neither an address nor data.')
  const data = dataOf(url)
  if (data) return { kind: 'data', ...data }
  if (typeof file_data === 'string') throw refusedAt(`${place}.file_data`, 'must be a data: address with base64.')
  return { kind: 'url', url }
}
