/** A whole answer as events, and events as a whole answer: both say the same. */
import type { Json } from '@muster/contract/values'
import type { Usage } from '../gateway.types.ts'
import { list } from '../rules/usage.ts'
import { callArguments } from './call-arguments.ts'
import type { Answer, AnswerEvent, AnswerPart, FinishReason, PartStart } from './conversation.ts'
import { maybe } from './fields.ts'

/** The answer that events told; undefined before its end. */
export function answerOf(events: readonly AnswerEvent[]): Answer | undefined {
  const parts = new Map<number, PartState>()
  let head = { id: '', model: '' }
  let end: { readonly finish: FinishReason; readonly stop_sequence?: string } | undefined
  let usage: Usage | undefined
  for (const event of events) {
    if (event.type === 'start') head = { id: event.id, model: event.model }
    else if (event.type === 'part_start') parts.set(event.index, { start: event.part, text: '', citations: [] })
    else if (event.type === 'delta') addText(parts.get(event.index), event.text)
    else if (event.type === 'signature') addSignature(parts.get(event.index), event.signature)
    else if (event.type === 'citation') parts.get(event.index)?.citations.push(event.citation)
    else if (event.type === 'finish') end = { finish: event.finish, ...maybe('stop_sequence', event.stop_sequence) }
    else if (event.type === 'usage') usage = event.usage
  }
  if (!end) return undefined
  const inOrder = [...parts].sort(([one], [other]) => one - other)
  return { ...head, parts: inOrder.map(([, state]) => partOf(state)), ...end, ...maybe('usage', usage) }
}

interface PartState {
  readonly start: PartStart
  text: string
  signature?: string
  readonly citations: Json[]
}

function addText(state: PartState | undefined, text: string): void {
  if (state) state.text += text
}

function addSignature(state: PartState | undefined, signature: string): void {
  if (state) state.signature = (state.signature ?? '') + signature
}

function partOf({ start, text, signature, citations }: PartState): AnswerPart {
  if (start.type === 'thinking') return { ...start, text, ...maybe('signature', signature) }
  if (start.type === 'tool_call') return { ...start, ...(start.is_custom ? { arguments: text } : callArguments(text)) }
  if (start.type === 'text' && citations.length > 0)
    return { ...start, text, own: { wire: 'messages', fields: { citations } } }
  return { ...start, text }
}

export function eventsOf({ id, model, parts, finish, stop_sequence, usage }: Answer): readonly AnswerEvent[] {
  return [
    { type: 'start', id, model },
    ...parts.flatMap(partEvents),
    { type: 'finish', finish, ...maybe('stop_sequence', stop_sequence) },
    ...(usage ? [{ type: 'usage', usage } as const] : []),
  ]
}

function partEvents(part: AnswerPart, index: number): readonly AnswerEvent[] {
  const text = part.type === 'tool_call' ? part.arguments : part.text
  const signature = part.type === 'thinking' ? part.signature : undefined
  const citations = part.type === 'text' && part.own?.wire === 'messages' ? list(part.own.fields.citations) : []
  return [
    { type: 'part_start', index, part: startOf(part) },
    ...(text === '' ? [] : [{ type: 'delta', index, text } as const]),
    ...(signature === undefined ? [] : [{ type: 'signature', index, signature } as const]),
    ...citations.map((citation) => ({ type: 'citation', index, citation, wire: 'messages' }) as const),
    { type: 'part_end', index },
  ]
}

function startOf(part: AnswerPart): PartStart {
  if (part.type === 'tool_call') {
    const { type, id, name, signature, is_custom } = part
    return { type, id, name, ...maybe('signature', signature), ...maybe('is_custom', is_custom) }
  }
  if (part.type !== 'thinking') return { type: part.type }
  return { type: part.type, ...maybe('made_by', part.made_by), ...maybe('redacted', part.redacted) }
}
