/**
 * Conversations by a seed, as clients of OpenAI's and Anthropic's wires write them, in all the shapes that these take. Each
 * thing that is said has a mark of its own, so that nothing can get lost unseen.
 */
import type { Json, JsonObject } from '@muster/contract/values'

export type ClientWireName = 'chat' | 'messages'
export type ProviderWireName = 'chat' | 'messages' | 'gemini'

export type SaidKind =
  | 'text'
  | 'picture'
  | 'picture_url'
  | 'pdf'
  | 'pdf_url'
  | 'plain_document'
  | 'search_result'
  | 'sound'
  | 'sound_ogg'
  | 'file'
  | 'thinking'
  | 'signed_thinking'
  | 'refusal'
  | 'arguments'
  | 'broken_arguments'
  | 'name'

export interface Said {
  readonly kind: SaidKind
  /** The text that must arrive: of media their base64. */
  readonly mark: string
}

export interface GeneratedCall {
  readonly name: string
  readonly input: JsonObject | undefined
  /** Marks of the texts of the result. */
  readonly texts: readonly string[]
  readonly is_error: boolean
}

export interface GeneratedConversation {
  readonly wire: ClientWireName
  readonly body: JsonObject
  readonly said: readonly Said[]
  readonly calls: readonly GeneratedCall[]
}

export interface Dice {
  /** From 0 up to, not including, `count`. */
  below(count: number): number
  pick<const Value>(values: readonly [Value, ...Value[]]): Value
  chance(share: number): boolean
}

/** The same numbers for the same seed (mulberry32). */
export function diceOf(seed: number): Dice {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const below = (count: number): number => Math.floor(next() * count)
  return {
    below,
    pick: (values) => values[below(values.length)] ?? values[0],
    chance: (share) => next() < share,
  }
}

interface Maker {
  readonly dice: Dice
  readonly wire: ClientWireName
  readonly said: Said[]
  readonly calls: GeneratedCall[]
  count: number
}

export function generatedConversation(seed: number, wire: ClientWireName): GeneratedConversation {
  const maker: Maker = { dice: diceOf(seed), wire, said: [], calls: [], count: 0 }
  const messages: JsonObject[] = []
  if (wire === 'chat' && maker.dice.chance(0.4))
    messages.push({ role: maker.dice.pick(['system', 'developer']), content: textContent(maker) })
  messages.push(userMessage(maker))
  const rounds = maker.dice.below(4)
  for (let round = 0; round < rounds; round++) messages.push(...exchange(maker))
  const names = [...new Set(maker.calls.map(({ name }) => name))]
  const fields = wire === 'chat' ? chatFields(maker, names) : messagesFields(maker, names)
  return { wire, body: { model: 'm', messages, ...fields }, said: maker.said, calls: maker.calls }
}

function say(maker: Maker, kind: SaidKind): string {
  const mark = `${kind}-${maker.count++}-Grüße🌉`
  const sent = isMedia(kind) ? Buffer.from(mark).toString('base64') : mark
  maker.said.push({ kind, mark: sent })
  return sent
}

const isMedia = (kind: SaidKind): boolean => ['picture', 'pdf', 'sound', 'sound_ogg'].includes(kind)

function textContent(maker: Maker): Json {
  const text = say(maker, 'text')
  return maker.dice.chance(0.5) ? text : [{ type: 'text', text }]
}

function userMessage(maker: Maker): JsonObject {
  if (maker.dice.chance(0.4)) return { role: 'user', content: textContent(maker) }
  const kinds = maker.wire === 'chat' ? chat_kinds : messages_kinds
  const content = [userPart(maker, 'text')]
  for (let count = maker.dice.below(3); count > 0; count--) {
    const kind = maker.dice.pick(maker.dice.chance(0.25) ? kinds : common_kinds)
    content.push(userPart(maker, kind))
  }
  // Clients send empty texts too; they say nothing.
  if (maker.dice.chance(0.1)) content.push({ type: 'text', text: '' })
  return { role: 'user', content }
}

const common_kinds: readonly [SaidKind, ...SaidKind[]] = ['text', 'picture', 'picture_url']
const chat_kinds: readonly [SaidKind, ...SaidKind[]] = ['pdf', 'sound', 'sound_ogg', 'file']
const messages_kinds: readonly [SaidKind, ...SaidKind[]] = ['pdf', 'pdf_url', 'plain_document', 'search_result', 'file']

function userPart(maker: Maker, kind: SaidKind): JsonObject {
  const mark = say(maker, kind)
  return maker.wire === 'chat' ? chatPart(kind, mark) : messagesPart(maker, kind, mark)
}

function chatPart(kind: SaidKind, mark: string): JsonObject {
  switch (kind) {
    case 'picture':
      return { type: 'image_url', image_url: { url: `data:image/png;base64,${mark}` } }
    case 'picture_url':
      return { type: 'image_url', image_url: { url: `https://example.org/${mark}.png`, detail: 'low' } }
    case 'pdf':
      return { type: 'file', file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${mark}` } }
    case 'sound':
      return { type: 'input_audio', input_audio: { data: mark, format: 'wav' } }
    case 'sound_ogg':
      return { type: 'file', file: { filename: 'a.ogg', file_data: `data:audio/ogg;base64,${mark}` } }
    case 'file':
      return { type: 'file', file: { file_id: mark } }
    default:
      return { type: 'text', text: mark }
  }
}

function messagesPart(maker: Maker, kind: SaidKind, mark: string): JsonObject {
  const marks = maker.dice.chance(0.2) ? { cache_control: { type: 'ephemeral' } } : {}
  switch (kind) {
    case 'picture':
      return { type: 'image', source: { type: 'base64', media_type: 'image/png', data: mark }, ...marks }
    case 'picture_url':
      return { type: 'image', source: { type: 'url', url: `https://example.org/${mark}.png` }, ...marks }
    case 'pdf':
      return {
        type: 'document',
        source: { type: 'base64', media_type: 'application/pdf', data: mark },
        title: 'A',
        ...marks,
      }
    case 'pdf_url':
      return { type: 'document', source: { type: 'url', url: `https://example.org/${mark}.pdf` } }
    case 'plain_document':
      return { type: 'document', source: { type: 'text', media_type: 'text/plain', data: mark }, ...marks }
    case 'search_result':
      return {
        type: 'search_result',
        source: 'https://example.org',
        title: 'T',
        content: [{ type: 'text', text: mark }],
      }
    case 'file':
      return { type: 'document', source: { type: 'file', file_id: mark } }
    default:
      return { type: 'text', text: mark, ...marks }
  }
}

/** What the assistant says, the results of its calls, and what the user says to that. */
function exchange(maker: Maker): readonly JsonObject[] {
  const calls = maker.dice.chance(0.6) ? newCalls(maker) : []
  return maker.wire === 'chat' ? chatExchange(maker, calls) : messagesExchange(maker, calls)
}

interface NewCall {
  readonly id: string
  readonly name: string
  /** As the model wrote them. */
  readonly text: string
  readonly input: JsonObject | undefined
}

function newCalls(maker: Maker): readonly NewCall[] {
  const { dice } = maker
  const count = 1 + dice.below(3)
  return Array.from({ length: count }, (_one, at): NewCall => {
    const name = dice.pick(['paint', 'weather', 'search'])
    const id = dice.pick([`call_${maker.count}_${at}`, `functions.${name}:${at}`, `toolu ${maker.count}/${at}`])
    if (maker.wire === 'chat' && dice.chance(0.03))
      return { id, name, text: `{"mark":"${say(maker, 'broken_arguments')}", "keep": [1,`, input: undefined }
    if (dice.chance(0.15)) return { id, name, text: '{}', input: {} }
    const input = { mark: say(maker, 'arguments'), list: [1, { deep: 'ü' }], n: dice.below(9) }
    return { id, name, text: JSON.stringify(input), input }
  })
}

function chatExchange(maker: Maker, calls: readonly NewCall[]): readonly JsonObject[] {
  const { dice } = maker
  const hasText = calls.length === 0 || dice.chance(0.4)
  const isEmpty = calls.length === 0 && dice.chance(0.1)
  const content = isEmpty ? '' : hasText ? textContent(maker) : dice.pick([null, ''])
  const tool_calls = calls.map(({ id, name, text, input }) => {
    const written = input && dice.chance(0.15) ? input : text
    return { id, type: 'function', function: { name, arguments: written } }
  })
  const thinking = dice.chance(0.2) ? { reasoning_content: say(maker, 'thinking') } : {}
  const refusal = calls.length === 0 && dice.chance(0.1) ? { refusal: say(maker, 'refusal') } : {}
  const assistant = { role: 'assistant', content, ...thinking, ...refusal, ...(calls.length > 0 && { tool_calls }) }
  const results = calls.map((call) => {
    const { content: result, texts } = chatResult(maker)
    maker.calls.push({ name: call.name, input: call.input, texts, is_error: false })
    return { role: 'tool', tool_call_id: call.id, content: result }
  })
  return [assistant, ...results, ...(calls.length === 0 || dice.chance(0.4) ? [userMessage(maker)] : [])]
}

function chatResult(maker: Maker): { readonly content: Json; readonly texts: readonly string[] } {
  const { dice } = maker
  if (dice.chance(0.1)) return { content: '', texts: [] }
  const text = say(maker, 'text')
  if (dice.chance(0.6)) return { content: text, texts: [text] }
  const picture = dice.chance(0.5) ? [chatPart('picture', say(maker, 'picture'))] : []
  return { content: [{ type: 'text', text }, ...picture], texts: [text] }
}

function messagesExchange(maker: Maker, calls: readonly NewCall[]): readonly JsonObject[] {
  const { dice } = maker
  const content: JsonObject[] = []
  if (dice.chance(0.2)) content.push({ type: 'thinking', thinking: say(maker, 'thinking'), signature: '' })
  if (dice.chance(0.2)) content.push({ type: 'thinking', thinking: say(maker, 'signed_thinking'), signature: 'c2ln' })
  if (calls.length === 0 || dice.chance(0.4)) content.push({ type: 'text', text: say(maker, 'text') })
  for (const { id, name, input } of calls) content.push({ type: 'tool_use', id, name, input: input ?? {} })
  const results = calls.map((call) => messagesResult(maker, call))
  const said = calls.length === 0 || dice.chance(0.4) ? [userMessage(maker)] : []
  if (results.length === 0) return [{ role: 'assistant', content }, ...said]
  return [{ role: 'assistant', content }, { role: 'user', content: results }, ...said]
}

function messagesResult(maker: Maker, { id, name, input }: NewCall): JsonObject {
  const { dice } = maker
  const is_error = dice.chance(0.2)
  const fields = { type: 'tool_result', tool_use_id: id, ...(is_error && { is_error }) }
  if (dice.chance(0.1)) {
    maker.calls.push({ name, input, texts: [], is_error })
    return fields
  }
  const kinds: SaidKind[] = [dice.pick(['text', 'plain_document', 'search_result'])]
  const marks = kinds.map((kind) => ({ kind, mark: say(maker, kind) }))
  const blocks = marks.map(({ kind, mark }) => messagesPart(maker, kind, mark))
  if (dice.chance(0.3)) blocks.push(messagesPart(maker, 'picture', say(maker, 'picture')))
  maker.calls.push({ name, input, texts: marks.map(({ mark }) => mark), is_error })
  const [first] = marks
  return { ...fields, content: blocks.length === 1 && first?.kind === 'text' ? first.mark : blocks }
}

function chatFields({ dice }: Maker, names: readonly string[]): JsonObject {
  const has_tools = names.length > 0 && dice.chance(0.8)
  const tools = names.map((name) => ({ type: 'function', function: { name, parameters: { type: 'object' } } }))
  const allowed = {
    mode: 'required',
    tools: tools.map(({ type, function: { name } }) => ({ type, function: { name } })),
  }
  const choices: [Json, ...Json[]] = ['auto', 'required', { type: 'allowed_tools', allowed_tools: allowed }]
  return {
    max_tokens: 50,
    ...(has_tools && { tools, tool_choice: dice.pick(choices) }),
    ...(dice.chance(0.2) && { temperature: 1.7, stop: 'END' }),
  }
}

function messagesFields(maker: Maker, names: readonly string[]): JsonObject {
  const { dice } = maker
  const has_tools = names.length > 0 && dice.chance(0.8)
  return {
    max_tokens: 50,
    ...(dice.chance(0.4) && { system: textContent(maker) }),
    ...(has_tools && {
      tools: names.map((name) => ({ name, input_schema: { type: 'object' } })),
      tool_choice: dice.pick([{ type: 'auto' }, { type: 'any' }]),
    }),
    ...(dice.chance(0.2) && { temperature: 0.5, stop_sequences: ['END'], top_k: 5 }),
  }
}
