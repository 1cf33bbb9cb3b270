/**
 * Makes the events of a streamed answer out of what a reader finds: words go on in the part that is open, and a part of
 * another kind closes it; calls stay open until the end, since their pieces may come mixed.
 */
import { ProviderFailure } from '../gateway.types.ts'
import type { CallIds } from './call-ids.ts'
import type { AnswerEvent, CallSignature, FinishReason, PartStart, WireName } from './conversation.ts'
import { maybe } from './fields.ts'

export interface CallPiece {
  readonly id: string
  readonly name: string
  readonly text: string
  readonly signature?: CallSignature | undefined
  readonly is_custom?: boolean
}

interface PendingCall {
  id: string
  name: string
  text: string
  signature: CallSignature | undefined
  is_custom: boolean
  index: number | undefined
}

interface PartsState {
  readonly events: AnswerEvent[]
  readonly calls: Map<number, PendingCall>
  readonly openParts: Set<number>
  count: number
  wordPart: { readonly index: number; readonly type: PartStart['type'] } | undefined
  hasStarted: boolean
  hasEnded: boolean
}

export function createPartEvents(ids: CallIds, made_by: WireName = 'chat') {
  const state: PartsState = {
    events: [],
    calls: new Map(),
    openParts: new Set(),
    count: 0,
    wordPart: undefined,
    hasStarted: false,
    hasEnded: false,
  }
  return {
    hasBegun: () => state.count > 0,
    hasParts: () => state.count > 0 || state.calls.size > 0,
    hasCalls: () => state.calls.size > 0,
    take: (): readonly AnswerEvent[] => state.events.splice(0),

    start(head: { readonly id: string; readonly model: string }): void {
      if (!state.hasStarted) state.events.push({ type: 'start', ...head })
      state.hasStarted = true
    },

    say(type: 'text' | 'thinking' | 'refusal', text: string): void {
      if (text === '') return
      if (state.wordPart?.type !== type) {
        closeWords(state)
        state.wordPart = { type, index: begin(state, type === 'thinking' ? { type, made_by } : { type }) }
      }
      state.events.push({ type: 'delta', index: state.wordPart.index, text })
    },

    call(number: number, piece: CallPiece): void {
      const call = joinPiece(state.calls.get(number), piece)
      state.calls.set(number, call)
      // Until it begins its pieces wait; then they are one.
      const isWaiting = call.index === undefined
      if (isWaiting) call.text += piece.text
      if (isWaiting && call.name === '') return
      call.index ??= beginCall(state, call, ids)
      const text = isWaiting ? call.text : piece.text
      if (text !== '') state.events.push({ type: 'delta', index: call.index, text })
    },

    /** Closes all parts; a second time it says nothing. */
    end(finish: FinishReason): readonly AnswerEvent[] {
      if ([...state.calls.values()].some(({ index }) => index === undefined))
        throw new ProviderFailure('malformed', 'The provider’s response calls a tool without a name.')
      if (state.hasEnded) return state.events.splice(0)
      state.hasEnded = true
      state.wordPart = undefined
      for (const index of [...state.openParts]) close(state, index)
      return [...state.events.splice(0), { type: 'finish', finish }]
    },
  }
}

function begin(state: PartsState, part: PartStart): number {
  const index = state.count++
  state.openParts.add(index)
  state.events.push({ type: 'part_start', index, part })
  return index
}

function close(state: PartsState, index: number): void {
  if (state.openParts.delete(index)) state.events.push({ type: 'part_end', index })
}

function closeWords(state: PartsState): void {
  if (state.wordPart) close(state, state.wordPart.index)
  state.wordPart = undefined
}

function joinPiece(known: PendingCall | undefined, piece: CallPiece): PendingCall {
  const call = known ?? { id: '', name: '', text: '', signature: undefined, is_custom: false, index: undefined }
  call.id ||= piece.id
  call.name ||= piece.name
  call.signature ??= piece.signature
  call.is_custom ||= piece.is_custom ?? false
  return call
}

/** A call begins for the client when its name is there; some servers send it late. */
function beginCall(state: PartsState, call: PendingCall, ids: CallIds): number {
  closeWords(state)
  const { name, signature, is_custom } = call
  const id = ids.call(call.id || undefined, name)
  const extra = { ...maybe('signature', signature), ...(is_custom && { is_custom }) }
  return begin(state, { type: 'tool_call', id, name, ...extra })
}
