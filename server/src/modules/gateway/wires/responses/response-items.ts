/**
 * Makes the items of a response out of an answer's events, and the events of its stream. Words that follow each other are
 * one message; thoughts are a reasoning item with a summary; a call is an item of the kind of its tool.
 */
import type { JsonObject } from '@muster/contract/values'
import { callArguments } from '../call-arguments.ts'
import type { AnswerEvent, CallSignature, PartStart } from '../conversation.ts'
import { maybe } from '../fields.ts'
import { customInput, type NamedTool, namedTools, shellAction } from './emulated-tools.ts'
import { newItemId, reasoningMark } from './own-marks.ts'

export interface ResponseItems {
  /** The events for the client, without their numbers. */
  add(event: AnswerEvent): readonly JsonObject[]
  close(): readonly JsonObject[]
  output(): readonly JsonObject[]
}

export function createResponseItems(request: JsonObject): ResponseItems {
  const tools = namedTools(request)
  const parts = new Map<number, OpenPart>()
  const output = createOutput()
  const messages = createMessages(output)
  /** Calls whose end waits for what follows: an answer that was cut at its limit cut its last call. */
  const lastCalls = new Map<number, OpenPart>()

  function endCalls(is_cut: boolean): void {
    const last = Math.max(...lastCalls.keys())
    for (const [index, call] of lastCalls) call.end({ is_cut, is_last: index === last })
    lastCalls.clear()
  }

  function end(index: number): void {
    const part = parts.get(index)
    if (part?.is_call) lastCalls.set(index, part)
    else part?.end({ is_cut: false, is_last: false })
  }

  function begin(start: PartStart): OpenPart {
    if (start.type === 'text' || start.type === 'refusal') return messages.begin(start.type)
    messages.close()
    if (start.type === 'thinking') return createThoughts(start, output)
    if (start.signature) writeSignature(start.id, start.signature, output)
    const plain = { kind: start.is_custom ? 'custom' : 'function', name: start.name } as const
    return createCall(start, tools.get(start.name) ?? plain, output)
  }

  return {
    output: () => output.items,
    add(event) {
      if (event.type === 'part_start' || event.type === 'finish')
        endCalls(event.type === 'finish' && event.finish === 'length')
      if (event.type === 'part_start') parts.set(event.index, begin(event.part))
      else if (event.type === 'delta') parts.get(event.index)?.more(event.text)
      else if (event.type === 'signature') parts.get(event.index)?.sign?.(event.signature)
      else if (event.type === 'part_end') end(event.index)
      return output.take()
    },
    close() {
      endCalls(false)
      messages.close()
      return output.take()
    },
  }
}

/** The items so far, and the events that tell of them. */
function createOutput() {
  const items: JsonObject[] = []
  let events: JsonObject[] = []
  const emit = (type: string, fields: JsonObject): void => void events.push({ type, ...fields })
  return {
    items,
    emit,
    open(item: JsonObject): number {
      const output_index = items.push(item) - 1
      emit('response.output_item.added', { output_index, item })
      return output_index
    },
    finish(output_index: number, item: JsonObject): void {
      items[output_index] = item
      emit('response.output_item.done', { output_index, item })
    },
    take(): readonly JsonObject[] {
      const taken = events
      events = []
      return taken
    },
  }
}

/** Words go on in the message that is open. */
function createMessages({ open, finish, emit }: ItemWriter) {
  let message: OpenMessage | undefined
  return {
    begin(type: 'text' | 'refusal'): OpenPart {
      if (!message) {
        const id = newItemId('msg')
        message = { id, output_index: open({ ...messageItem(id, 'in_progress'), content: [] }), content: [] }
      }
      const { id, output_index, content } = message
      const part = wordsPart(type, '')
      const content_index = content.push(part) - 1
      emit('response.content_part.added', { item_id: id, output_index, content_index, part })
      return createWords({ type, id, output_index, content_index, content, emit })
    },
    close(): void {
      if (!message) return
      const { output_index, id, content } = message
      finish(output_index, { ...messageItem(id, 'completed'), content })
      message = undefined
    },
  }
}

/** Gemini wants the signature of its calls back, for which a call has no field here. */
function writeSignature(call_id: string, { text: signature, made_by }: CallSignature, { open, finish }: ItemWriter) {
  const item = { id: newItemId('rs'), type: 'reasoning', summary: [] }
  finish(open(item), { ...item, encrypted_content: reasoningMark({ made_by, signature, call_id }) })
}

interface OpenPart {
  more(text: string): void
  sign?(signature: string): void
  end(at: PartEnd): void
  readonly is_call?: boolean
}

interface PartEnd {
  /** The answer ended at its limit. */
  readonly is_cut: boolean
  /** No call begins behind it. */
  readonly is_last: boolean
}

interface OpenMessage {
  readonly id: string
  readonly output_index: number
  readonly content: JsonObject[]
}

interface ItemWriter {
  open(item: JsonObject): number
  finish(output_index: number, item: JsonObject): void
  emit(type: string, fields: JsonObject): void
}

const messageItem = (id: string, status: string): JsonObject => ({ id, type: 'message', role: 'assistant', status })

function wordsPart(type: 'text' | 'refusal', text: string): JsonObject {
  return type === 'text' ? { type: 'output_text', text, annotations: [], logprobs: [] } : { type, refusal: text }
}

interface WordsOptions extends OpenMessage, Pick<ItemWriter, 'emit'> {
  readonly type: 'text' | 'refusal'
  readonly content_index: number
}

function createWords({ type, id: item_id, output_index, content_index, content, emit }: WordsOptions): OpenPart {
  const place = { item_id, output_index, content_index }
  const name = type === 'text' ? 'response.output_text' : 'response.refusal'
  const more_fields = type === 'text' ? { logprobs: [] } : {}
  let text = ''
  return {
    more(piece) {
      text += piece
      emit(`${name}.delta`, { ...place, delta: piece, ...more_fields })
    },
    end() {
      const part = wordsPart(type, text)
      content[content_index] = part
      emit(`${name}.done`, { ...place, ...(type === 'text' ? { text } : { refusal: text }), ...more_fields })
      emit('response.content_part.done', { ...place, part })
    },
  }
}

function createThoughts(start: Extract<PartStart, { type: 'thinking' }>, { open, finish, emit }: ItemWriter): OpenPart {
  const id = newItemId('rs')
  const { made_by = 'chat', redacted } = start
  const output_index = open({ id, type: 'reasoning', summary: [] })
  const place = { item_id: id, output_index, summary_index: 0 }
  const summaryPart = (of: string): JsonObject => ({ type: 'summary_text', text: of })
  let text = ''
  let signature: string | undefined
  return {
    more(piece) {
      if (text === '') emit('response.reasoning_summary_part.added', { ...place, part: summaryPart('') })
      text += piece
      emit('response.reasoning_summary_text.delta', { ...place, delta: piece })
    },
    sign(piece) {
      signature = (signature ?? '') + piece
    },
    end() {
      if (text !== '') {
        emit('response.reasoning_summary_text.done', { ...place, text })
        emit('response.reasoning_summary_part.done', { ...place, part: summaryPart(text) })
      }
      const mark = reasoningMark({ made_by, ...maybe('signature', signature), ...maybe('redacted', redacted) })
      const summary = text === '' ? [] : [summaryPart(text)]
      finish(output_index, { id, type: 'reasoning', summary, encrypted_content: mark })
    },
  }
}

type CallStart = Extract<PartStart, { type: 'tool_call' }>

function createCall(start: CallStart, { kind, name, namespace }: NamedTool, writer: ItemWriter): OpenPart {
  const { open, finish, emit } = writer
  const { id: call_id } = start
  const named = { call_id, name, ...maybe('namespace', namespace) }
  const isRaw = start.is_custom === true
  const id = newItemId({ function: 'fc', custom: 'ctc', local_shell: 'lsh' }[kind])
  const itemOf = (status: string, text: string): JsonObject => {
    if (kind === 'function') return { id, type: 'function_call', status, ...named, arguments: text }
    if (kind === 'local_shell') return { id, type: 'local_shell_call', status, call_id, action: shellAction(text) }
    return { id, type: 'custom_tool_call', status, ...named, input: isRaw ? text : customInput(text) }
  }
  const output_index = open(itemOf('in_progress', ''))
  const place = { item_id: id, output_index }
  let text = ''
  /** Arguments that can be read came whole; a reader has made those that are empty of none. */
  const isCutAt = ({ is_cut, is_last }: PartEnd): boolean =>
    is_cut && (isRaw || text === '' || text === '{}' ? is_last : !callArguments(text).value)
  const more = (piece: string): void => {
    text += piece
    if (kind === 'function') emit('response.function_call_arguments.delta', { ...place, delta: piece })
  }
  return {
    is_call: true,
    more,
    end(at) {
      const status = isCutAt(at) ? 'incomplete' : 'completed'
      if (kind === 'function') {
        if (text === '' && status === 'completed') more('{}')
        emit('response.function_call_arguments.done', { ...place, name, arguments: text })
      }
      const item = itemOf(status, text)
      // The input of such a tool is a text within the arguments, which are whole at their end only.
      if (kind === 'custom') {
        emit('response.custom_tool_call_input.delta', { ...place, delta: item.input ?? '' })
        emit('response.custom_tool_call_input.done', { ...place, input: item.input ?? '' })
      }
      finish(output_index, item)
    },
  }
}
