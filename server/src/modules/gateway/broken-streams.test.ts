import type { ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import Anthropic from '@anthropic-ai/sdk'
import { createBudget } from '@muster/contract/budgets/operations'
import { createModel, listAttempts, verifyBudgets } from '@muster/contract/gateway/model.operations'
import { createProvider } from '@muster/contract/gateway/provider.operations'
import { generateText, streamText } from 'ai'
import OpenAI from 'openai'
import { afterAll, describe, expect, it } from 'vitest'
import { words } from '../../../../examples/misbehaving-provider/faults.ts'
import { startMisbehavingProvider } from '../../../../examples/misbehaving-provider/provider.ts'
import type { ApiClient } from '../../../test/fixtures.ts'
import { callOver, fixtureModels, prices, short_timeouts } from '../../../test/gateway/calls.ts'
import { scriptedServer } from '../../../test/gateway/script.ts'
import { until } from '../../../test/gateway/scripted-kinds.ts'
import { testProgram } from '../../../test/program.ts'

// What clients make of streams that another try takes over, or that are cut.
const made = await testProgram()
const { app } = made
await app.listen({ port: 0, host: '127.0.0.1' })
const address = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
const provider = await startMisbehavingProvider()
afterAll(() => provider[Symbol.asyncDispose]())

const whole = words.join('')
const messages = [{ role: 'user' as const, content: 'Well?' }]

/** A model in Anthropic's wire that plays what its name says, and goes on with a beginning that is given. */
const anthropic = await scriptedServer((response, body: Record<string, unknown>) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const write = (type: string, fields: object = {}): void =>
    void response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`)
  const said = (text: string, index = 0): void =>
    write('content_block_delta', { index, delta: { type: 'text_delta', text } })
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content: [], stop_reason: null }
  write('message_start', { message: { ...message, usage: { input_tokens: 6, output_tokens: 1 } } })
  plays[String(body.model)]?.({ response, write, said, last: (body.messages as typeof messages).at(-1) })
})
afterAll(() => anthropic[Symbol.asyncDispose]())

interface Play {
  readonly response: ServerResponse
  write(type: string, fields?: object): void
  said(text: string, index?: number): void
  readonly last: { readonly role: string; readonly content: string } | undefined
}

const text_block = { type: 'text', text: '' }
const breakOff = ({ response }: Play): void => void setImmediate(() => setImmediate(() => response.destroy()))
const plays: Readonly<Record<string, (play: Play) => void>> = {
  breaks(play) {
    play.write('content_block_start', { index: 0, content_block: text_block })
    for (const word of words.slice(0, 4)) play.said(word)
    breakOff(play)
  },
  'breaks-in-call'(play) {
    play.write('content_block_start', { index: 0, content_block: text_block })
    play.said('Let me see.')
    play.write('content_block_stop', { index: 0 })
    play.write('content_block_start', { index: 1, content_block: { type: 'tool_use', id: 't', name: 'f', input: {} } })
    play.write('content_block_delta', { index: 1, delta: { type: 'input_json_delta', partial_json: '{"a":' } })
    breakOff(play)
  },
  good({ response, write, said, last }) {
    const beginning = last?.role === 'assistant' ? last.content : ''
    write('content_block_start', { index: 0, content_block: text_block })
    said(whole.slice(beginning.length))
    write('content_block_stop', { index: 0 })
    write('message_delta', { delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 7 } })
    write('message_stop')
    response.end()
  },
  'over-long'({ response, write, said }) {
    write('content_block_start', { index: 0, content_block: text_block })
    const go = (): void => {
      if (response.destroyed) return
      said(' and')
      setImmediate(go)
    }
    go()
  },
}

/** An alias that leads to one model after the other. */
async function alias(
  models: readonly string[],
  more: object,
  kind: 'openai' | 'anthropic' = 'openai',
): Promise<ApiClient> {
  const { ours: api } = await made.twoMore()
  const base_url = kind === 'openai' ? provider.base_url : anthropic.origin
  await api.call(createProvider, { body: { name: 'scripted', kind, base_url } })
  const targets = models.map((model, at) => ({ provider: 'scripted', model, prices, weight: at === 0 ? 1 : 0 }))
  await api.call(createModel, { body: { name: 'trouble', targets, retries: 0, timeouts: short_timeouts, ...more } })
  return api
}

const outcomes = async (api: ApiClient) => (await api.call(listAttempts)).items.map(({ outcome }) => outcome).reverse()

describe('OpenAI’s wire', () => {
  it('tells OpenAI’s client what is void, and announces the policy', async () => {
    const api = await alias(['cut:3', 'good'], { on_broken_stream: 'restart' })
    const client = new OpenAI({ baseURL: `${address}/v1`, apiKey: api.key, maxRetries: 0 })
    const { data, response } = await client.chat.completions
      .create({ model: 'trouble', messages, stream: true })
      .withResponse()
    expect(response.headers.get('x-muster-on-broken-stream')).toBe('restart')
    let text = ''
    let restarts = 0
    for await (const chunk of data) {
      if ('muster' in chunk) {
        expect([chunk.muster, chunk.object, text]).toEqual([
          { restarted: true },
          'chat.completion.chunk',
          words.slice(0, 3).join(''),
        ])
        restarts += 1
        text = ''
      }
      text += chunk.choices[0]?.delta.content ?? ''
    }
    expect([text, restarts]).toEqual([whole, 1])
  })

  it('goes on for clients that know nothing of it', async () => {
    const api = await alias(['cut:4', 'good'], { on_broken_stream: 'continue' })
    const client = new OpenAI({ baseURL: `${address}/v1`, apiKey: api.key, maxRetries: 0 })
    const helped = client.chat.completions.stream({ model: 'trouble', messages, max_tokens: 60 })
    expect(await helped.finalContent()).toBe(whole)
    // The words up to the white space that they ended in, and four tokens less.
    expect(provider.requests.at(-1)?.body).toMatchObject({
      max_tokens: 56,
      messages: [...messages, { role: 'assistant', content: words.slice(0, 4).join('').trimEnd() }],
    })
    const vercel = createOpenAICompatible({ name: 'muster', baseURL: `${address}/v1`, apiKey: api.key })('trouble')
    expect(await streamText({ model: vercel, prompt: 'Well?' }).text).toBe(whole)
    expect(await outcomes(api)).toEqual(['broken', 'ok', 'broken', 'ok'])
    expect(await api.call(verifyBudgets)).toMatchObject({ valid: true, held: { rows: 0 } })
  })

  it('breaks off for good where no budget has room for another try', async () => {
    const api = await alias(['cut:3', 'good'], { on_broken_stream: 'restart' })
    await api.call(createBudget, { body: { scope: { kind: 'organization' }, cost_micro_usd: 600 } })
    const { sees } = await callOver(app, api.key, { model: 'trouble', max_tokens: 100 })
    expect(sees).toBe('3 words, then budget_exceeded')
    expect(await outcomes(api)).toEqual(['broken'])
  })

  it('is not asked for anew for a client that has gone', async () => {
    const timeouts = { ...short_timeouts, idle_ms: 20_000, total_ms: 20_000 }
    const api = await alias(['stall:3', 'good'], { on_broken_stream: 'restart', timeouts })
    const before = provider.requests.length
    const controller = new AbortController()
    const answer = await fetch(`${address}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${api.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'trouble', messages, stream: true }),
      signal: controller.signal,
    })
    await answer.body?.getReader().read()
    controller.abort()
    await until(async () => (await outcomes(api)).every((outcome) => outcome !== undefined))
    expect(await outcomes(api)).toEqual(['client_gone'])
    expect(provider.requests.length - before).toBe(1)
  })

  it('leaves whole answers alone', async () => {
    const api = await alias(['good'], { on_broken_stream: 'restart' })
    const vercel = createOpenAICompatible({ name: 'muster', baseURL: `${address}/v1`, apiKey: api.key })('trouble')
    const { text, response } = await generateText({ model: vercel, prompt: 'Well?' })
    expect([text, response.headers?.['x-muster-on-broken-stream']]).toEqual([whole, undefined])
  })
})

describe('Anthropic’s wire', () => {
  const question = { model: 'trouble', max_tokens: 60, messages }
  const clientOf = (api: ApiClient) => new Anthropic({ baseURL: address, apiKey: api.key, maxRetries: 0 })

  it('tells Anthropic’s client from which block on all is new', async () => {
    const api = await alias(['breaks-in-call', 'good'], { on_broken_stream: 'restart' }, 'anthropic')
    const starts: unknown[] = []
    const stream = clientOf(api)
      .messages.stream(question)
      .on('streamEvent', (event) => {
        if (event.type === 'content_block_start')
          starts.push('muster' in event ? [event.index, event.muster] : event.index)
      })
    const { content, stop_reason } = await stream.finalMessage()
    expect(starts).toEqual([0, 1, [2, { restarted: true }]])
    expect(content.slice(2)).toMatchObject([{ type: 'text', text: whole }])
    expect(stop_reason).toBe('end_turn')
  })

  it('restarts behind an open block, and goes on within one', async () => {
    const restarted = await alias(['breaks', 'good'], { on_broken_stream: 'restart' }, 'anthropic')
    const again = await clientOf(restarted).messages.stream(question).finalMessage()
    expect(again.content.map((block) => (block.type === 'text' ? block.text : ''))).toEqual([
      words.slice(0, 4).join(''),
      whole,
    ])
    const continued = await alias(['breaks', 'good'], { on_broken_stream: 'continue' }, 'anthropic')
    const { content } = await clientOf(continued).messages.stream(question).finalMessage()
    expect(content).toMatchObject([{ type: 'text', text: whole }])
    expect(await outcomes(continued)).toEqual(['broken', 'ok'])
    expect(await continued.call(verifyBudgets)).toMatchObject({ valid: true, held: { rows: 0 } })
  })

  it('does not go on in the middle of a tool call', async () => {
    const api = await alias(['breaks-in-call', 'good'], { on_broken_stream: 'continue' }, 'anthropic')
    await expect(clientOf(api).messages.stream(question).finalMessage()).rejects.toBeInstanceOf(Anthropic.APIError)
    expect(await outcomes(api)).toEqual(['broken'])
  })

  it('is cut when its hold is spent', async () => {
    const api = await alias(['over-long'], {}, 'anthropic')
    const before = anthropic.aborted()
    const pieces: string[] = []
    const stream = clientOf(api).messages.stream(question)
    stream.on('text', (piece) => void pieces.push(piece))
    await expect(stream.finalMessage()).rejects.toThrow('billing_error')
    expect(pieces.join('')).toBe(' and'.repeat(60))
    await until(async () => anthropic.aborted() > before)
    const [attempt] = (await api.call(listAttempts)).items
    expect(attempt).toMatchObject({ outcome: 'over_long', usage_known: false, cost_micro_usd: attempt?.held_micro_usd })
  })
})

describe('a stream without a maximum', () => {
  it('is cut at what was held for its target', async () => {
    const { ours: api } = await made.twoMore()
    await fixtureModels(api, { base_url: provider.base_url, models: {} })
    const targets = [{ provider: 'scripted', model: 'over-long', prices, output_tokens_max: 30 }]
    await api.call(createModel, { body: { name: 'trouble', targets, timeouts: short_timeouts } })
    expect((await callOver(app, api.key, { model: 'trouble' })).sees).toBe('30 words, then budget_exceeded')
  })
})
