/** Answers by a seed, as providers of each kind write them, whole and as a stream that says the same. */
import type { Json, JsonObject } from '@muster/contract/values'
import { type Dice, diceOf } from './generated-conversations.ts'

export interface GeneratedAnswer {
  readonly whole: JsonObject
  readonly events: readonly { readonly event: string | undefined; readonly data: string }[]
  readonly parts: readonly GeneratedPart[]
}

export type GeneratedPart =
  | { readonly type: 'text' | 'thinking'; readonly text: string }
  | { readonly type: 'call'; readonly id: string; readonly name: string; readonly input: JsonObject }

export type AnsweringKind = 'openai' | 'anthropic' | 'gemini'

export function generatedAnswer(seed: number, kind: AnsweringKind): GeneratedAnswer {
  const dice = diceOf(seed)
  const parts = partsOf(dice)
  const makers = { openai: openaiAnswer, anthropic: anthropicAnswer, gemini: geminiAnswer }
  return { ...makers[kind](dice, parts), parts }
}

function partsOf(dice: Dice): readonly GeneratedPart[] {
  const parts: GeneratedPart[] = []
  if (dice.chance(0.4)) parts.push({ type: 'thinking', text: `Hm, ${dice.below(99)} 🌉.` })
  if (dice.chance(0.7)) parts.push({ type: 'text', text: `So it is, Łódź ${dice.below(99)}.\n` })
  const calls = dice.chance(0.6) ? 1 + dice.below(3) : 0
  for (let at = 0; at < calls; at++) {
    const input = dice.chance(0.2) ? {} : { n: dice.below(9), text: '„Grüße“', list: [{ deep: null }] }
    parts.push({ type: 'call', id: `id_${at}`, name: dice.pick(['paint', 'weather']), input })
  }
  return parts
}

/** Pieces of a few characters, which may split what belongs together. */
function piecesOf(dice: Dice, text: string): readonly string[] {
  const size = 1 + dice.below(9)
  return [...text].reduce<string[]>((pieces, character, at) => {
    if (at % size === 0) pieces.push('')
    pieces[pieces.length - 1] += character
    return pieces
  }, [])
}

const textOf = (parts: readonly GeneratedPart[], type: 'text' | 'thinking'): string =>
  parts.flatMap((part) => (part.type === type ? [part.text] : [])).join('')
const callsOf = (parts: readonly GeneratedPart[]) => parts.flatMap((part) => (part.type === 'call' ? [part] : []))

const data = (value: Json, event?: string) => ({ event, data: JSON.stringify(value) })

type Answered = Omit<GeneratedAnswer, 'parts'>

/** How a server of OpenAI's wire numbers and names its calls. */
type CallStyle = 'good' | 'no_index' | 'same_index' | 'name_late' | 'object' | 'id_repeated'

function openaiAnswer(dice: Dice, parts: readonly GeneratedPart[]): Answered {
  const style: CallStyle = dice.pick(['good', 'no_index', 'same_index', 'name_late', 'object', 'id_repeated'])
  const in_parts = dice.chance(0.3)
  const thought_field = dice.pick(['reasoning_content', 'reasoning'])
  const [text, thinking, calls] = [textOf(parts, 'text'), textOf(parts, 'thinking'), callsOf(parts)]
  const head = { id: 'chatcmpl-1', created: 1, model: 'm-1' }
  const finish_reason = calls.length > 0 ? dice.pick(['tool_calls', 'stop']) : 'stop'
  const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 }
  const content = (thought: string, said: string): Json =>
    in_parts
      ? [
          ...(thought === '' ? [] : [{ type: 'thinking', thinking: [{ type: 'text', text: thought }] }]),
          ...(said === '' ? [] : [{ type: 'text', text: said }]),
        ]
      : said
  const tool_calls = calls.map(({ id, name, input }) => ({
    id,
    type: 'function',
    function: { name, arguments: style === 'object' ? input : JSON.stringify(input) },
  }))
  const thoughtField = (thought: string) => (in_parts || thought === '' ? {} : { [thought_field]: thought })
  const message = {
    role: 'assistant',
    content: content(thinking, text),
    ...thoughtField(thinking),
    ...(calls.length > 0 && { tool_calls }),
  }
  const chunk = (delta: JsonObject, reason: string | null = null) =>
    data({ ...head, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: reason }] })
  const events = [
    chunk({ role: 'assistant', content: '' }),
    ...piecesOf(dice, thinking).map((piece) => chunk(in_parts ? { content: content(piece, '') } : thoughtField(piece))),
    ...piecesOf(dice, text).map((piece) => chunk({ content: content('', piece) })),
    ...calls.flatMap((call, at) =>
      callPieces(dice, call, { style, at }).map((piece) => chunk({ tool_calls: [piece] })),
    ),
    chunk({}, finish_reason),
    data({ ...head, object: 'chat.completion.chunk', choices: [], usage }),
    { event: undefined, data: '[DONE]' },
  ]
  const choices = [{ index: 0, message, logprobs: null, finish_reason }]
  return { whole: { ...head, object: 'chat.completion', choices, usage }, events }
}

function callPieces(
  dice: Dice,
  { id, name, input }: { readonly id: string; readonly name: string; readonly input: JsonObject },
  { style, at }: { readonly style: CallStyle; readonly at: number },
): readonly JsonObject[] {
  const index = style === 'no_index' ? {} : { index: style === 'same_index' ? 0 : at }
  const start = { ...index, id, type: 'function' }
  if (style === 'object') return [{ ...start, function: { name, arguments: input } }]
  const pieces = piecesOf(dice, JSON.stringify(input)).map((piece) => ({
    ...index,
    ...(style === 'id_repeated' && { id }),
    function: { arguments: piece },
  }))
  if (style === 'name_late')
    return [{ ...start, function: { arguments: '' } }, { ...index, function: { name } }, ...pieces]
  return [{ ...start, function: { name, arguments: '' } }, ...pieces]
}

function anthropicAnswer(dice: Dice, parts: readonly GeneratedPart[]): Answered {
  const blocks = parts.map((part): JsonObject => {
    if (part.type === 'call') return { type: 'tool_use', id: part.id, name: part.name, input: part.input }
    return part.type === 'text' ? { ...part } : { type: 'thinking', thinking: part.text, signature: 'c2lnbmVk' }
  })
  const head = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm-1' }
  const usage = { input_tokens: 10, output_tokens: 5, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 }
  const end = { stop_reason: callsOf(parts).length > 0 ? 'tool_use' : 'end_turn', stop_sequence: null }
  const message = {
    ...head,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { ...usage, output_tokens: 1 },
  }
  const named = (value: JsonObject) => data(value, String(value.type))
  const events = [
    named({ type: 'message_start', message }),
    ...parts.flatMap((part, index) => blockEvents(dice, part, index).map(named)),
    named({ type: 'message_delta', delta: end, usage: { output_tokens: 5 } }),
    named({ type: 'message_stop' }),
  ]
  return { whole: { ...head, content: blocks, ...end, usage }, events }
}

function blockEvents(dice: Dice, part: GeneratedPart, index: number): readonly JsonObject[] {
  const delta = (fields: JsonObject): JsonObject => ({ type: 'content_block_delta', index, delta: fields })
  const start = (content_block: JsonObject): JsonObject => ({ type: 'content_block_start', index, content_block })
  const stop = { type: 'content_block_stop', index }
  if (part.type === 'call') {
    const text = Object.keys(part.input).length === 0 ? '' : JSON.stringify(part.input)
    const pieces = piecesOf(dice, text).map((partial_json) => delta({ type: 'input_json_delta', partial_json }))
    return [start({ type: 'tool_use', id: part.id, name: part.name, input: {} }), ...pieces, stop]
  }
  const pieces = piecesOf(dice, part.text)
  if (part.type === 'text')
    return [start({ type: 'text', text: '' }), ...pieces.map((text) => delta({ type: 'text_delta', text })), stop]
  return [
    start({ type: 'thinking', thinking: '', signature: '' }),
    ...pieces.map((thinking) => delta({ type: 'thinking_delta', thinking })),
    ...piecesOf(dice, 'c2lnbmVk').map((signature) => delta({ type: 'signature_delta', signature })),
    stop,
  ]
}

function geminiAnswer(dice: Dice, parts: readonly GeneratedPart[]): Answered {
  const signature = dice.chance(0.5) ? { thoughtSignature: 'c2ln' } : {}
  const partFields = (part: GeneratedPart): JsonObject => {
    if (part.type === 'call') return { functionCall: { id: part.id, name: part.name, args: part.input }, ...signature }
    return { text: part.text, ...(part.type === 'thinking' && { thought: true }) }
  }
  const head = { responseId: 'r1', modelVersion: 'm-1' }
  const usageMetadata = { promptTokenCount: 10, candidatesTokenCount: 5, totalTokenCount: 15 }
  const event = (pieces: readonly JsonObject[], more: JsonObject = {}) =>
    data({ ...head, candidates: [{ content: { role: 'model', parts: pieces }, ...more }], usageMetadata })
  const events = [
    ...parts.flatMap((part) =>
      part.type === 'call'
        ? [event([partFields(part)])]
        : piecesOf(dice, part.text).map((text) => event([partFields({ ...part, text })])),
    ),
    event([], { finishReason: 'STOP' }),
  ]
  const candidates = [{ content: { role: 'model', parts: parts.map(partFields) }, finishReason: 'STOP' }]
  return { whole: { ...head, candidates, usageMetadata }, events }
}
