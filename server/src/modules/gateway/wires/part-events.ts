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

export function createPartEvents(ids: CallIds, made_by: WireName = 'chat') {
  const events: AnswerEvent[] = []
  const calls = new Map<number, PendingCall>()
  const openParts = new Set<number>()
  let count = 0
  let wordPart: { readonly index: number; readonly type: PartStart['type'] } | undefined
  let hasStarted = false
  let hasEnded = false

  function begin(part: PartStart): number {
    const index = count++
    openParts.add(index)
    events.push({ type: 'part_start', index, part })
    return index
  }

  function close(index: number): void {
    if (openParts.delete(index)) events.push({ type: 'part_end', index })
  }

  function closeWords(): void {
    if (wordPart) close(wordPart.index)
    wordPart = undefined
  }

  /** A call begins for the client when its name is there; some servers send it late. */
  function beginCall(call: PendingCall): number {
    closeWords()
    const id = ids.call(call.id || undefined, call.name)
    const { name, signature, is_custom } = call
    const extra = { ...maybe('signature', signature), ...(is_custom && { is_custom }) }
    return begin({ type: 'tool_call', id, name, ...extra })
  }

  return {
    hasBegun: () => count > 0,
    hasParts: () => count > 0 || calls.size > 0,
    hasCalls: () => calls.size > 0,
    take: (): readonly AnswerEvent[] => events.splice(0),

    start(head: { readonly id: string; readonly model: string }): void {
      if (hasStarted) return
      hasStarted = true
      events.push({ type: 'start', ...head })
    },

    say(type: 'text' | 'thinking' | 'refusal', text: string): void {
      if (text === '') return
      if (wordPart?.type !== type) {
        closeWords()
        wordPart = { type, index: begin(type === 'thinking' ? { type, made_by } : { type }) }
      }
      events.push({ type: 'delta', index: wordPart.index, text })
    },

    call(number: number, piece: CallPiece): void {
      const known = calls.get(number)
      const call = known ?? { id: '', name: '', text: '', signature: undefined, is_custom: false, index: undefined }
      calls.set(number, call)
      call.id ||= piece.id
      call.name ||= piece.name
      call.signature ??= piece.signature
      call.is_custom ||= piece.is_custom ?? false
      if (call.index === undefined) call.text += piece.text
      if (call.index === undefined && call.name !== '') {
        call.index = beginCall(call)
        if (call.text !== '') events.push({ type: 'delta', index: call.index, text: call.text })
      } else if (call.index !== undefined && piece.text !== '')
        events.push({ type: 'delta', index: call.index, text: piece.text })
    },

    /** Closes all parts; a second time it says nothing. */
    end(finish: FinishReason, stop_sequence?: string): readonly AnswerEvent[] {
      if ([...calls.values()].some(({ index }) => index === undefined))
        throw new ProviderFailure('malformed', 'The provider’s response calls a tool without a name.')
      if (hasEnded) return events.splice(0)
      hasEnded = true
      wordPart = undefined
      for (const index of [...openParts]) close(index)
      return [...events.splice(0), { type: 'finish', finish, ...maybe('stop_sequence', stop_sequence) }]
    },
  }
}
