/**
 * Joins a second stream to one that broke off, in Anthropic's wire, which has one message with numbered blocks. The
 * second stream goes on in the open block or opens the next one; its own `message_start` is left out, since clients
 * would refuse it.
 */
import type { JsonObject } from '@muster/contract/values'
import { object } from '../../rules/usage.ts'
import { announcements, type StreamResume } from '../streams/stream-resume.ts'
import { eventsIn, eventText, type WireEvent } from '../streams/wire-events.ts'

export function createMessagesResume(): StreamResume {
  /** The kinds of the blocks that are open, by their numbers. */
  const openBlocks = new Map<number, unknown>()
  let next_index = 0
  /** What is added to the numbers of the stream that took over. */
  let offset = 0
  let taken_over = false
  /** Until its first block is there. */
  let takeover: 'restart' | 'continue' | undefined
  let trims = false

  function startBlock(event: WireEvent, value: JsonObject): readonly WireEvent[] {
    const { type, text } = object(value.content_block)
    const providerIndex = Number(value.index ?? 0)
    const [words] = [...openBlocks].find(([, kind]) => kind === 'text') ?? []
    if (takeover === 'continue' && words !== undefined && type === 'text') {
      takeover = undefined
      offset = words - providerIndex
      return typeof text === 'string' && text !== ''
        ? passDelta({ index: providerIndex, delta: { type: 'text_delta', text } })
        : []
    }
    const before = takeover ? closeBlocks(openBlocks) : []
    const announcement = takeover === 'restart' ? announcements.restart : {}
    if (takeover) offset = next_index - providerIndex
    takeover = undefined
    const index = providerIndex + offset
    openBlocks.set(index, type)
    next_index = index + 1
    return [...before, { ...event, value: { ...value, index, ...announcement } }]
  }

  function passDelta(value: JsonObject): readonly WireEvent[] {
    const delta = object(value.delta)
    const index = Number(value.index ?? 0) + offset
    if (!trims || typeof delta.text !== 'string') return [ofType('content_block_delta', { ...value, index })]
    const text = delta.text.trimStart()
    trims = text === ''
    return trims ? [] : [ofType('content_block_delta', { ...value, index, delta: { ...delta, text } })]
  }

  function stopBlock(event: WireEvent, value: JsonObject): readonly WireEvent[] {
    const index = Number(value.index ?? 0) + offset
    openBlocks.delete(index)
    return [{ ...event, value: { ...value, index } }]
  }

  function renumber(event: WireEvent): readonly WireEvent[] {
    const { value } = event
    if (!value) return [event]
    if (value.type === 'message_start') return taken_over ? [] : [event]
    if (value.type === 'content_block_start') return startBlock(event, value)
    if (value.type === 'content_block_delta') return passDelta(value)
    if (value.type === 'content_block_stop') return stopBlock(event, value)
    if (value.type !== 'message_delta' || !takeover) return [event]
    takeover = undefined
    return [...closeBlocks(openBlocks), event]
  }

  return {
    pass: (out) => eventsIn(out).flatMap(renumber).map(eventText).join(''),
    takeOver(how, options) {
      takeover = how
      taken_over = true
      trims = how === 'continue' && options.trims
      return eventText(ofType('ping', announcements[how]))
    },
  }
}

const ofType = (type: string, fields: JsonObject): WireEvent => ({ event: type, value: { type, ...fields } })

function closeBlocks(openBlocks: Map<number, unknown>): readonly WireEvent[] {
  const events = [...openBlocks.keys()].map((index) => ofType('content_block_stop', { index }))
  openBlocks.clear()
  return events
}
