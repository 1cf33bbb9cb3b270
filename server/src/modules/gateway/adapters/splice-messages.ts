/**
 * Anthropic's wire has one message with numbered blocks. What takes over goes on in the block that is open, or opens the next
 * one; its own beginning is left out, which clients would refuse.
 */
import type { JsonObject } from '@muster/contract/values'
import { object } from '../rules/usage.ts'
import { announcements, type Splice } from './splice.ts'
import { eventsIn, type WireEvent, written } from './wire-events.ts'

interface Block {
  readonly index: number
  readonly type: unknown
}

export function createMessagesSplice(): Splice {
  let open: Block | undefined
  let next_index = 0
  /** What is added to the numbers of the stream that took over. */
  let offset = 0
  let taken_over = false
  /** Until its first block is there. */
  let arriving: 'restart' | 'continue' | undefined
  let trims = false

  function closed(): readonly WireEvent[] {
    const events = open ? [ofType('content_block_stop', { index: open.index })] : []
    open = undefined
    return events
  }

  function begun(event: WireEvent, value: JsonObject): readonly WireEvent[] {
    const { type, text } = object(value.content_block)
    const theirs = Number(value.index ?? 0)
    if (arriving === 'continue' && open?.type === 'text' && type === 'text') {
      arriving = undefined
      offset = open.index - theirs
      return typeof text === 'string' && text !== '' ? said({ index: theirs, delta: { type: 'text_delta', text } }) : []
    }
    const before = arriving ? closed() : []
    const told = arriving === 'restart' ? announcements.restart : {}
    if (arriving) offset = next_index - theirs
    arriving = undefined
    open = { index: theirs + offset, type }
    next_index = open.index + 1
    return [...before, { ...event, value: { ...value, index: open.index, ...told } }]
  }

  function said(value: JsonObject): readonly WireEvent[] {
    const delta = object(value.delta)
    const index = Number(value.index ?? 0) + offset
    if (!trims || typeof delta.text !== 'string') return [ofType('content_block_delta', { ...value, index })]
    const text = delta.text.trimStart()
    trims = text === ''
    return trims ? [] : [ofType('content_block_delta', { ...value, index, delta: { ...delta, text } })]
  }

  function ended(event: WireEvent, value: JsonObject): readonly WireEvent[] {
    open = undefined
    return [{ ...event, value: { ...value, index: Number(value.index ?? 0) + offset } }]
  }

  function moved(event: WireEvent): readonly WireEvent[] {
    const { value } = event
    if (!value) return [event]
    if (value.type === 'message_start') return taken_over ? [] : [event]
    if (value.type === 'content_block_start') return begun(event, value)
    if (value.type === 'content_block_delta') return said(value)
    if (value.type === 'content_block_stop') return ended(event, value)
    if (value.type !== 'message_delta' || !arriving) return [event]
    arriving = undefined
    return [...closed(), event]
  }

  return {
    pass: (out) => eventsIn(out).flatMap(moved).map(written).join(''),
    takeOver(how, options) {
      arriving = how
      taken_over = true
      trims = how === 'continue' && options.trims
      return written(ofType('ping', announcements[how]))
    },
  }
}

const ofType = (type: string, fields: JsonObject): WireEvent => ({ event: type, value: { type, ...fields } })
