/**
 * Joins a second stream to one that broke off, in Anthropic's wire, which has one message with numbered blocks. The
 * second stream goes on in the open block or opens the next one; its own `message_start` is left out, since clients
 * would refuse it.
 */
import type { JsonObject } from '@muster/contract/values'
import { object } from '../../rules/usage.ts'
import { eventsIn, eventText, type WireEvent } from '../../wires/events/wire-events.ts'
import { announcements, type StreamResume } from './stream-resume.ts'

interface ResumeState {
  /** The kinds of the blocks that are open, by their numbers. */
  readonly openBlocks: Map<number, unknown>
  next_index: number
  /** What is added to the numbers of the stream that took over. */
  offset: number
  taken_over: boolean
  /** Until its first block is there. */
  takeover: 'restart' | 'continue' | undefined
  trims: boolean
}

export function createMessagesResume(): StreamResume {
  const state: ResumeState = {
    openBlocks: new Map(),
    next_index: 0,
    offset: 0,
    taken_over: false,
    takeover: undefined,
    trims: false,
  }
  return {
    pass: (out) =>
      eventsIn(out)
        .flatMap((event) => renumber(state, event))
        .map(eventText)
        .join(''),
    takeOver(how, options) {
      state.takeover = how
      state.taken_over = true
      state.trims = how === 'continue' && options.trims
      return eventText(ofType('ping', announcements[how]))
    },
  }
}

function renumber(state: ResumeState, event: WireEvent): readonly WireEvent[] {
  const { value } = event
  if (!value) return [event]
  if (value.type === 'message_start') return state.taken_over ? [] : [event]
  if (value.type === 'content_block_start') return startBlock(state, event, value)
  if (value.type === 'content_block_delta') return passDelta(state, value)
  if (value.type === 'content_block_stop') return stopBlock(state, event, value)
  if (value.type !== 'message_delta' || !state.takeover) return [event]
  state.takeover = undefined
  return [...closeBlocks(state.openBlocks), event]
}

function startBlock(state: ResumeState, event: WireEvent, value: JsonObject): readonly WireEvent[] {
  const { type, text } = object(value.content_block)
  const providerIndex = Number(value.index ?? 0)
  const [words] = [...state.openBlocks].find(([, kind]) => kind === 'text') ?? []
  if (state.takeover === 'continue' && words !== undefined && type === 'text') {
    state.takeover = undefined
    state.offset = words - providerIndex
    return typeof text === 'string' && text !== ''
      ? passDelta(state, { index: providerIndex, delta: { type: 'text_delta', text } })
      : []
  }
  const before = state.takeover ? closeBlocks(state.openBlocks) : []
  const announcement = state.takeover === 'restart' ? announcements.restart : {}
  if (state.takeover) state.offset = state.next_index - providerIndex
  state.takeover = undefined
  const index = providerIndex + state.offset
  state.openBlocks.set(index, type)
  state.next_index = index + 1
  return [...before, { ...event, value: { ...value, index, ...announcement } }]
}

function passDelta(state: ResumeState, value: JsonObject): readonly WireEvent[] {
  const delta = object(value.delta)
  const index = Number(value.index ?? 0) + state.offset
  if (!state.trims || typeof delta.text !== 'string') return [ofType('content_block_delta', { ...value, index })]
  const text = delta.text.trimStart()
  state.trims = text === ''
  return state.trims ? [] : [ofType('content_block_delta', { ...value, index, delta: { ...delta, text } })]
}

function stopBlock(state: ResumeState, event: WireEvent, value: JsonObject): readonly WireEvent[] {
  const index = Number(value.index ?? 0) + state.offset
  state.openBlocks.delete(index)
  return [{ ...event, value: { ...value, index } }]
}

const ofType = (type: string, fields: JsonObject): WireEvent => ({ event: type, value: { type, ...fields } })

function closeBlocks(openBlocks: Map<number, unknown>): readonly WireEvent[] {
  const events = [...openBlocks.keys()].map((index) => ofType('content_block_stop', { index }))
  openBlocks.clear()
  return events
}
