import type { Json, JsonObject } from '@muster/contract/values'
import { describe, expect, it } from 'vitest'
import {
  type ClientWireName,
  type GeneratedConversation,
  generatedConversation,
  type ProviderWireName,
  type SaidKind,
} from '../../../../test/gateway/generated-conversations.ts'
import { geminiCalls, type ReadCall } from '../../../../test/gateway/read-gemini-request.ts'
import { ProviderFailure } from '../gateway.types.ts'
import { list, object } from '../rules/usage.ts'
import { writeChatRequest } from './chat/write-request.ts'
import { clientWires } from './client-wires.ts'
import { writeGeminiRequest } from './gemini/write-request.ts'
import { writeMessagesRequest } from './messages/write-request.ts'

// Every request is refused with its place, or nothing of what was said is lost. `MUSTER_TEST_CONVERSATIONS=10000` for the
// long run.
const count = Number(process.env.MUSTER_TEST_CONVERSATIONS ?? 500)
const options = {
  model: 'm',
  stream: false,
  max_field: 'max_tokens',
  asks_usage: true,
  output_tokens_max: 100,
} as const

const writers = { chat: writeChatRequest, messages: writeMessagesRequest, gemini: writeGeminiRequest }

/** What the provider's wire has no word for. */
const refusals: Readonly<Record<ProviderWireName, readonly SaidKind[]>> = {
  chat: ['pdf_url', 'sound_ogg', 'file'],
  messages: ['sound', 'sound_ogg', 'file', 'broken_arguments'],
  gemini: ['file', 'broken_arguments'],
}
/** Thoughts go back to who had them. */
const leftOut: Readonly<Record<ProviderWireName, readonly SaidKind[]>> = {
  chat: ['thinking', 'signed_thinking'],
  messages: ['thinking'],
  gemini: ['thinking', 'signed_thinking'],
}

const wirePairs = (['chat', 'messages'] as const).flatMap((from) =>
  (['chat', 'messages', 'gemini'] as const).map((to) => ({ from, to })),
)

describe('a request that is read by one wire and written by another', () => {
  it.each(wirePairs)('loses nothing in silence, from $from to $to', ({ from, to }) => {
    let written = 0
    for (let seed = 1; seed <= count; seed++) if (check(seed, from, to) === 'written') written += 1
    // The generator makes enough of both.
    expect(written).toBeGreaterThan(count / 2)
    if (from !== to) expect(written).toBeLessThan(count)
  })
})

describe('a budget of thoughts for Anthropic', () => {
  const question = { role: 'user', content: 'Well?' }
  const tools = [{ type: 'function', function: { name: 'look', parameters: {} } }]
  const written = (more: JsonObject) => {
    const body = { messages: [question], reasoning: { max_tokens: 5_000 }, temperature: 0.2, top_k: 5, ...more }
    const { thinking, temperature, top_k, top_p, tool_choice } = writeMessagesRequest(
      clientWires.chat.readRequest(body),
      options,
    )
    return { budget: object(thinking).budget_tokens, temperature, top_k, top_p, choice: object(tool_choice).type }
  }
  const budgetOf = (max_tokens: number, budget: number) =>
    written({ max_tokens, reasoning: { max_tokens: budget } }).budget

  it('is at least what its servers take, and less than all tokens', () => {
    expect(budgetOf(8_000, 5_000)).toBe(5_000)
    expect(budgetOf(5_001, 5_000)).toBe(5_000)
    expect(budgetOf(5_000, 5_000)).toBe(4_000)
    expect(budgetOf(8_000, 100)).toBe(1_024)
    expect([budgetOf(1_000, 5_000), budgetOf(1_279, 5_000), budgetOf(8_000, 0)]).toEqual(Array(3).fill(undefined))
  })

  it('has no temperature beside it, and only a top_p that its servers take', () => {
    expect(written({ max_tokens: 8_000, top_p: 0.9 })).toEqual({ budget: 5_000 })
    expect(written({ max_tokens: 8_000, top_p: 0.95 })).toEqual({ budget: 5_000, top_p: 0.95 })
    expect(written({ max_tokens: 1_000, top_p: 0.9 })).toMatchObject({ temperature: 0.2, top_p: 0.9 })
  })

  it('is left out where a call is forced or the answer has its beginning', () => {
    const room = { max_tokens: 8_000, tools }
    expect(written({ ...room, tool_choice: 'auto' })).toEqual({ budget: 5_000, choice: 'auto' })
    expect(written({ ...room, tool_choice: 'required' })).toMatchObject({ choice: 'any', temperature: 0.2 })
    expect(written({ ...room, tool_choice: 'required' }).budget).toBeUndefined()
    expect(written({ ...room, tool_choice: { type: 'function', function: { name: 'look' } } }).budget).toBeUndefined()
    expect(written({ ...room, messages: [question, { role: 'assistant', content: 'It' }] }).budget).toBeUndefined()
  })
})

const lookCall = { id: 'c1', type: 'function', function: { name: 'look', arguments: '{}' } }

describe('names of speakers', () => {
  const conversation = clientWires.chat.readRequest({
    messages: [
      { role: 'user', name: 'alice', content: 'Shall we?' },
      { role: 'user', name: 'bob', content: [{ type: 'image_url', image_url: { url: 'https://example.org/a.png' } }] },
      { role: 'user', name: 'carol', content: '' },
      { role: 'assistant', name: 'helper', content: 'Look.', tool_calls: [lookCall] },
      { role: 'tool', name: 'look', tool_call_id: 'c1', content: 'A cat.' },
      { role: 'user', content: 'Thanks.' },
    ],
  })

  it.each(['messages', 'gemini'] as const)('stand in front of what users say in %s', (to) => {
    const body = writers[to](conversation, options)
    const turns = list(body.messages ?? body.contents).map((turn) => list(object(turn).content ?? object(turn).parts))
    const texts = turns.map((parts) => parts.map((part) => object(part).text).filter((text) => text !== undefined))
    expect(texts).toEqual([['alice: Shall we?', 'bob:'], ['Look.'], ['Thanks.']])
    expect(turns[0]).toHaveLength(3)
  })

  it('stay names in chats', () => {
    const body = writeChatRequest(conversation, options)
    expect(list(body.messages).map((message) => object(message).name)).toContain('alice')
    expect(JSON.stringify(body)).not.toContain('alice: ')
  })
})

function check(seed: number, from: ClientWireName, to: ProviderWireName): 'written' | 'refused' {
  const generated = generatedConversation(seed, from)
  const context = `seed ${seed}, ${from} to ${to}`
  const refused = generated.said.filter(({ kind }) =>
    from === to && kind === 'file' ? false : refusals[to].includes(kind),
  )
  let body: JsonObject
  try {
    body = writers[to](clientWires[from].readRequest(generated.body), options)
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error
    expect([error.outcome, error.http_status], context).toEqual(['refused', 400])
    const place = /^([\w.[\]]+): /.exec(error.message)?.[1] ?? ''
    const text = JSON.stringify(valueAt(generated.body, place)) ?? ''
    // The place leads to what could not be carried.
    expect(
      refused.some(({ mark }) => text.includes(inJson(mark))),
      `${context}: ${error.message}`,
    ).toBe(true)
    return 'refused'
  }
  expect(refused, context).toEqual([])
  const text = JSON.stringify(body)
  const lost = generated.said.filter(
    ({ kind, mark }) =>
      !(leftOut[to].includes(kind) && !(from === to)) && !isIn(text, mark) && !isOwnThought(kind, from, to),
  )
  expect(lost, `${context}: ${text}`).toEqual([])
  expect(callsIn(to, body), context).toEqual(wantedCalls(generated))
  if (to === 'messages') checkMessages(body, context)
  if (to === 'chat') checkChat(body, context)
  return 'written'
}

/** An unsigned thought is nothing that Anthropic would read. */
const isOwnThought = (kind: SaidKind, from: ClientWireName, to: ProviderWireName): boolean =>
  to === 'messages' && from === to && kind === 'thinking'

const inJson = (mark: string): string => JSON.stringify(mark).slice(1, -1)
/** Arguments in OpenAI's wire are JSON within a text. */
const isIn = (text: string, mark: string): boolean => text.includes(inJson(mark)) || text.includes(encodeURI(mark))

function valueAt(body: JsonObject, place: string): Json | undefined {
  let value: Json | undefined = body
  for (const [step] of place.matchAll(/[A-Za-z_]+|\d+/g))
    value = Array.isArray(value) ? value[Number(step)] : object(value)[step]
  return value
}

function wantedCalls({ calls }: GeneratedConversation): readonly ReadCall[] {
  return calls.map(({ name, input, texts, is_error }) => ({ name, input, result: texts.join(''), is_error }))
}

/** The calls of a body with what answered them, cut down to the marks of the results. */
function callsIn(to: ProviderWireName, body: JsonObject): readonly ReadCall[] {
  const calls = to === 'gemini' ? geminiCalls(body) : to === 'chat' ? chatCalls(body) : messagesCalls(body)
  return calls.map((call) => ({
    ...call,
    result: (call.result.match(/(?:text|plain_document|search_result)-\d+-Grüße🌉/g) ?? []).join(''),
  }))
}

function chatCalls(body: JsonObject): readonly ReadCall[] {
  const calls: (Omit<ReadCall, 'result' | 'is_error'> & { id: unknown; answer?: string })[] = []
  for (const message of list(body.messages).map(object)) {
    for (const call of list(message.tool_calls).map(object)) {
      const { name, arguments: text } = object(call.function)
      calls.push({ id: call.id, name: String(name), input: parsed(String(text)) })
    }
    const open = calls.find(({ id, answer }) => id === message.tool_call_id && answer === undefined)
    if (message.role === 'tool' && open) open.answer = String(message.content)
  }
  return calls.map(({ name, input, answer = '' }) => ({
    name,
    input,
    result: answer,
    is_error: answer.startsWith('Error: '),
  }))
}

function messagesCalls(body: JsonObject): readonly ReadCall[] {
  const blocks = list(body.messages).flatMap((message) => list(object(message).content).map(object))
  const results = blocks.filter(({ type }) => type === 'tool_result')
  return blocks
    .filter(({ type }) => type === 'tool_use')
    .map(({ id, name, input }) => {
      const answer = results.find(({ tool_use_id }) => tool_use_id === id)
      return {
        name: String(name),
        input,
        result: JSON.stringify(answer?.content ?? ''),
        is_error: answer?.is_error === true,
      }
    })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** OpenAI's servers refuse a result that does not follow its call. */
function checkChat(body: JsonObject, context: string): void {
  const open = new Set<unknown>()
  for (const message of list(body.messages).map(object)) {
    if (message.role === 'tool') expect(open.has(message.tool_call_id), context).toBe(true)
    else open.clear()
    for (const call of list(message.tool_calls).map(object)) {
      open.add(call.id)
      expect(typeof object(call.function).arguments, context).toBe('string')
    }
  }
}

/** What Anthropic's servers refuse. */
function checkMessages(body: JsonObject, context: string): void {
  const messages = list(body.messages).map(object)
  const roles = messages.map(({ role }) => role)
  expect(
    roles.some((role, at) => role === roles[at - 1]),
    context,
  ).toBe(false)
  const ids = new Set<unknown>()
  for (const { content } of messages) {
    expect(list(content).length, context).toBeGreaterThan(0)
    const types = list(content).map((block) => object(block).type)
    expect(types.lastIndexOf('tool_result'), context).toBe(types.filter((type) => type === 'tool_result').length - 1)
    for (const block of list(content).map(object)) {
      if (block.type === 'text') expect(String(block.text).trim(), context).not.toBe('')
      if (block.type === 'thinking') expect(block.signature, context).not.toBe('')
      if (block.type !== 'tool_use') continue
      expect(String(block.id), context).toMatch(/^[a-zA-Z0-9_-]+$/)
      expect(ids.has(block.id), context).toBe(false)
      ids.add(block.id)
      expect(list(body.tools).length, context).toBeGreaterThan(0)
    }
  }
}
