import type { ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import Anthropic from '@anthropic-ai/sdk'
import { createBudget } from '@muster/contract/budgets/operations'
import { createModel, getModel, listAttempts, putModel, verifyBudgets } from '@muster/contract/gateway/model.operations'
import { modelDefinition } from '@muster/contract/gateway/models'
import { createProvider } from '@muster/contract/gateway/provider.operations'
import { stopOrganization } from '@muster/contract/projects/operations'
import type { JsonObject } from '@muster/contract/values'
import OpenAI from 'openai'
import { afterAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../../../test/fixtures.ts'
import { prices } from '../../../test/gateway/calls.ts'
import { json, scriptedServer } from '../../../test/gateway/script.ts'
import { scriptedKinds, until } from '../../../test/gateway/scripted-kinds.ts'
import { testProgram } from '../../../test/program.ts'
import { MusterError } from '../../platform/errors.ts'
import { streamAsWhole } from './adapters/streams/stream-as-whole.ts'
import { wholeAsStream } from './adapters/streams/whole-as-stream.ts'
import { createAnswerStore } from './cache/answer-store.ts'
import { type CachedCall, createCachedAnswers } from './cache/cached-answers.ts'
import type { ModelAnswer, ModelCall } from './gateway.port.ts'

// Answers that are kept: who is asked, who waits, who pays.
const made = await testProgram()
await made.app.listen({ port: 0, host: '127.0.0.1' })
const address = `http://127.0.0.1:${(made.app.server.address() as AddressInfo).port}`

/** Holds its answers back until it is told; embeds a text as its length. */
const waiting: (() => void)[] = []
const slow = await scriptedServer((response, body: Record<string, unknown>, path) => {
  if (path.endsWith('/embeddings')) return json(response, embedded(body.input as string[]))
  waiting.push(() => play(response, body))
})
afterAll(() => slow[Symbol.asyncDispose]())
const usage = { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 }

function play(response: ServerResponse, { stream, messages }: Record<string, unknown>): void {
  const said = (messages as { content: string }[])[0]?.content
  const head = { id: 'c1', created: 1, model: 'm' }
  if (said === 'fail') return void json(response, { error: { message: 'No.' } }, 400)
  if (stream !== true) {
    const message = { role: 'assistant', content: 'All of it.' }
    const choices = [{ index: 0, message, finish_reason: 'stop' }]
    json(response, { ...head, object: 'chat.completion', choices, usage })
    return
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const write = (choices: readonly object[], more: object = {}) =>
    response.write(`data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', choices, ...more })}\n\n`)
  write([{ index: 0, delta: { role: 'assistant', content: 'All' } }])
  write([{ index: 0, delta: { content: ' of it.' } }])
  if (said === 'break') return void setImmediate(() => setImmediate(() => response.destroy()))
  const finish = (): void => {
    write([{ index: 0, delta: {}, finish_reason: 'stop' }])
    write([], { usage })
    response.end('data: [DONE]\n\n')
  }
  if (said === 'pause') waiting.push(finish)
  else finish()
}

function embedded(input: readonly string[]) {
  const data = input.map((text, index) => ({ object: 'embedding', index, embedding: [text.length] }))
  return { object: 'list', model: 'm', data, usage: { prompt_tokens: input.length, total_tokens: input.length } }
}

async function release(count = 1): Promise<void> {
  await until(async () => waiting.length >= count)
  for (const go of waiting.splice(0)) go()
}

async function newClient(more: object = {}): Promise<ApiClient> {
  const { ours: api } = await made.twoMore()
  await api.call(createProvider, { body: { name: 'slow', kind: 'openai', base_url: `${slow.origin}/v1` } })
  const targets = [{ provider: 'slow', model: 'm', prices }]
  const cache = { ttl_ms: 3_600_000 }
  await api.call(createModel, { body: { name: 'kept', targets, retries: 0, cache, ...more } })
  return api
}

interface Asked {
  readonly stream?: boolean
  readonly content?: string
  readonly more?: object
  readonly headers?: Record<string, string>
  readonly signal?: AbortSignal
}

async function ask(api: ApiClient, { stream = false, content = 'Well?', more = {}, headers = {}, signal }: Asked = {}) {
  const answer = await fetch(`${address}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${api.key}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model: 'kept', messages: [{ role: 'user', content }], stream, ...more }),
    signal: signal ?? null,
  })
  const text = await answer.text()
  return { status: answer.status, cache: answer.headers.get('x-muster-cache'), text, said: saidIn(text) }
}

function saidIn(text: string): string {
  if (text.startsWith('{')) return JSON.parse(text).choices?.[0]?.message.content ?? JSON.parse(text).error.code
  const values = text.split('\n\n').flatMap((one) => (one.startsWith('data: {') ? [JSON.parse(one.slice(6))] : []))
  return values.map(({ choices, error }) => error?.code ?? choices[0]?.delta.content ?? '').join('')
}

const attempts = async (api: ApiClient) => (await api.call(listAttempts)).items

/** Both are under way, and the provider has heard of one of them only. */
async function underWay(api: ApiClient, calls: number): Promise<void> {
  await until(async () => waiting.length === 1)
  await until(async () => connectionsTo(api.key) === calls)
}
const connections = new Map<string, number>()
const connectionsTo = (key: string): number => connections.get(key) ?? 0
made.app.server.on('request', (request, response) => {
  const key = String(request.headers.authorization).replace('Bearer ', '')
  connections.set(key, connectionsTo(key) + 1)
  response.once('close', () => connections.set(key, connectionsTo(key) - 1))
})

describe('an answer that is kept', () => {
  it('is given again, whole and as a stream, and costs nothing', async () => {
    const api = await newClient()
    const first = ask(api)
    await release()
    expect(await first).toMatchObject({ cache: 'miss', said: 'All of it.' })
    const again = await ask(api)
    expect([again.cache, again.text]).toEqual(['hit', (await first).text])
    const streamed = await ask(api, { stream: true })
    expect(streamed).toMatchObject({ cache: 'hit', said: 'All of it.' })
    expect(streamed.text).toMatch(/data: \[DONE\]\n\n$/)
    expect(streamed.text).not.toContain('"usage"')
    const counted = await ask(api, { stream: true, more: { stream_options: { include_usage: true } } })
    expect(counted.text.match(/"usage":\{"prompt_tokens":10/g)).toHaveLength(1)
    expect(await attempts(api)).toHaveLength(1)
    expect(await api.call(verifyBudgets)).toMatchObject({ valid: true, attempts: { ended: 1 }, charges: { rows: 1 } })
  })

  it('may have come as a stream', async () => {
    const api = await newClient()
    const first = ask(api, { stream: true })
    await release()
    const came = await first
    expect([came.cache, came.said, came.text.includes('"usage"')]).toEqual(['miss', 'All of it.', false])
    const again = await ask(api, { stream: true })
    expect([again.cache, again.text]).toEqual(['hit', came.text])
    const whole = await ask(api)
    expect(JSON.parse(whole.text)).toMatchObject({
      object: 'chat.completion',
      choices: [{ message: { role: 'assistant', content: 'All of it.' }, finish_reason: 'stop' }],
      usage,
    })
    const client = new OpenAI({ baseURL: `${address}/v1`, apiKey: api.key, maxRetries: 0 })
    const asked = { model: 'kept', messages: [{ role: 'user' as const, content: 'Well?' }] }
    expect(await client.chat.completions.stream(asked).finalContent()).toBe('All of it.')
    expect(await attempts(api)).toHaveLength(1)
  })

  it('is another one for other words, another organization, another version, and whoever wants a fresh one', async () => {
    const api = await newClient()
    const other = await newClient()
    const params = { name: 'kept' }
    const answers: (string | null)[] = []
    const asked = async (from: ApiClient, how: Asked = {}): Promise<void> => {
      const answer = ask(from, how)
      await release()
      answers.push((await answer).cache)
    }
    await asked(api)
    await asked(api, { content: 'Otherwise?' })
    await asked(api, { more: { temperature: 0 } })
    await asked(other)
    await asked(api, { headers: { 'cache-control': 'no-store' } })
    const {
      version: _version,
      created_at: _at,
      versioned_at: _since,
      name: _name,
      ...body
    } = await api.call(getModel, { params })
    await api.call(putModel, { params, body })
    await asked(api)
    expect(answers).toEqual(['miss', 'miss', 'miss', 'miss', null, 'miss'])
    expect((await ask(api)).cache).toBe('hit')
    // The order of fields is no question.
    const reordered = await fetch(`${address}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${api.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ stream: false, messages: [{ content: 'Well?', role: 'user' }], model: 'kept' }),
    })
    expect(reordered.headers.get('x-muster-cache')).toBe('hit')
  })

  it('is complete: refusals and what broke off are asked for again', async () => {
    const api = await newClient()
    for (const how of [{ content: 'fail' }, { content: 'break', stream: true }])
      for (let time = 0; time < 2; time++) {
        const answer = ask(api, how)
        await release()
        const { cache, said } = await answer
        expect([cache, said]).toEqual(how.stream ? ['miss', 'All of it.provider_failed'] : [null, 'invalid'])
      }
    expect(await attempts(api)).toHaveLength(4)
  })

  it('is given where the budget is spent, and not where an emergency stop is in force', async () => {
    const api = await newClient()
    const first = ask(api)
    await release()
    await first
    await api.call(createBudget, { body: { scope: { kind: 'organization' }, cost_micro_usd: 1 } })
    expect((await ask(api)).cache).toBe('hit')
    expect((await ask(api, { content: 'Another?' })).status).toBe(402)
    await api.call(stopOrganization, { params: { id: api.organization_id }, body: { reason: 'a drill' } })
    expect((await ask(api)).said).toBe('stopped')
  })
})

describe('equal calls at once', () => {
  it('are asked once, whole and streamed', async () => {
    for (const stream of [false, true]) {
      const api = await newClient()
      const all = Array.from({ length: 6 }, (_one, at) => ask(api, { stream: at % 2 === 0 ? stream : !stream }))
      await underWay(api, 6)
      await release()
      const answers = await Promise.all(all)
      expect(answers.map(({ said }) => said)).toEqual(Array(6).fill('All of it.'))
      // Who arrived too late to wait was given what was kept.
      const others = answers.map(({ cache }) => cache).filter((cache) => cache !== 'miss')
      expect([others.length, others.every((cache) => cache === 'shared' || cache === 'hit')]).toEqual([5, true])
      const rows = await attempts(api)
      expect(rows.map(({ cost_micro_usd }) => cost_micro_usd)).toEqual([18])
      expect(await api.call(verifyBudgets)).toMatchObject({ valid: true, held: { rows: 0 } })
    }
  })

  it('go on when who asked first leaves', async () => {
    const api = await newClient()
    const leaving = new AbortController()
    const how = { stream: true, content: 'pause' }
    const first = ask(api, { ...how, signal: leaving.signal }).catch(() => 'left')
    await release()
    // The provider pauses in the middle of its words by now, and the other one reads them.
    const body = JSON.stringify({ model: 'kept', messages: [{ role: 'user', content: 'pause' }], stream: true })
    const headers = { authorization: `Bearer ${api.key}`, 'content-type': 'application/json' }
    const second = await fetch(`${address}/v1/chat/completions`, { method: 'POST', headers, body })
    expect(second.headers.get('x-muster-cache')).toBe('shared')
    leaving.abort()
    expect(await first).toBe('left')
    await until(async () => connectionsTo(api.key) === 1)
    await release()
    expect(saidIn(await second.text())).toBe('All of it.')
    expect((await attempts(api)).map(({ outcome }) => outcome)).toEqual(['ok'])
    expect((await ask(api, how)).cache).toBe('hit')
  })

  it('end when all have left', async () => {
    for (const stream of [false, true]) {
      const api = await newClient()
      const leaving = new AbortController()
      const gone = [1, 2].map(() => ask(api, { stream, signal: leaving.signal }).catch(() => 'left'))
      await underWay(api, 2)
      const before = slow.aborted()
      leaving.abort()
      expect(await Promise.all(gone)).toEqual(['left', 'left'])
      await until(async () => slow.aborted() > before)
      waiting.splice(0)
      await until(async () => (await attempts(api)).every(({ status }) => status !== 'live'))
      expect((await attempts(api)).map(({ outcome }) => outcome)).toContain('client_gone')
    }
  })

  it('wait for the one that is under way, whole and streamed, and fail with it', async () => {
    for (const stream of [false, true]) {
      const { answer } = createCachedAnswers(made.program.bounded)
      const first = answer(cachedCall(async () => whole('theirs')))
      const second = await answer(cachedCall(nobody, { stream }))
      expect([(await first).cache, second.cache, second.attempts]).toEqual(['miss', 'shared', 0])
      const failed = new MusterError('provider_failed', 'No.')
      const more = { seed: 1, stream }
      const third = answer(cachedCall(async () => Promise.reject(failed), more))
      const fourth = answer(cachedCall(nobody, more))
      await expect(third).rejects.toBe(failed)
      await expect(fourth).rejects.toBe(failed)
    }
  })

  it('ask again where one of them wants a whole of a stream that broke off', async () => {
    const { answer } = createCachedAnswers(made.program.bounded)
    async function* broken() {
      yield 'data: {"choices":[{"index":0,"delta":{"content":"All"}}]}\n\n'
    }
    const stream = { ...facts, kind: 'stream' as const, text: broken(), on_broken_stream: 'error' as const }
    const streamed = answer(cachedCall(async () => stream, { stream: true }))
    const asked = answer(cachedCall(async () => whole('mine')))
    expect(await streamed).toMatchObject({ kind: 'stream', cache: 'miss' })
    expect(await asked).toMatchObject({ kind: 'whole', cache: 'miss', body: { id: 'mine' } })
  })

  it('do not fail for those who wait, where only who asked first has no budget', async () => {
    const { answer } = createCachedAnswers(made.program.bounded)
    let refuse = (): void => {}
    let onAsked = (): void => {}
    const asked = new Promise<void>((resolve) => {
      onAsked = resolve
    })
    const poor = answer(
      cachedCall(
        () =>
          new Promise((_resolve, reject) => {
            refuse = () => reject(spent)
            onAsked()
          }),
      ),
    )
    const rich = answer(cachedCall(async () => whole('mine')))
    await asked
    refuse()
    await expect(poor).rejects.toBe(spent)
    expect(await rich).toMatchObject({ cache: 'miss', body: { id: 'mine' } })
  })

  it('start anew behind one that all have left', async () => {
    const { answer } = createCachedAnswers(made.program.bounded)
    const leaving = new AbortController()
    const stopped: AbortSignal[] = []
    let onAsked = (): void => {}
    const asked = new Promise<void>((resolve) => {
      onAsked = resolve
    })
    const never = (call: ModelCall): Promise<ModelAnswer> => {
      stopped.push(call.signal)
      onAsked()
      return new Promise(() => {})
    }
    void answer(cachedCall(never, {}, leaving.signal))
    await asked
    leaving.abort()
    expect(stopped[0]?.aborted).toBe(true)
    expect(await answer(cachedCall(async () => whole('mine')))).toMatchObject({ cache: 'miss' })
  })
})

const spent = new MusterError('budget_exceeded', 'No.')
const facts = { model: 'm', model_version: 1, provider: 'p', attempts: 1 }
const whole = (id: string): ModelAnswer => ({ ...facts, kind: 'whole', body: { id, choices: [] } })

const nobody = async (): Promise<ModelAnswer> => {
  throw new Error('a provider was asked')
}

/** A call as the cache sees it, with a provider that is given. */
function cachedCall(
  asked: (call: ModelCall) => Promise<ModelAnswer>,
  more: JsonObject = {},
  signal = new AbortController().signal,
): CachedCall {
  const scopes = { organization_id: 'o', project_id: null, goal_id: null, agent_id: null }
  const body = { model: 'm', ...more }
  const call = { ...scopes, key_id: null, request_id: 'r', wire: 'chat' as const, body, signal }
  const definition = modelDefinition.parse({ targets: [{ provider: 'p', model: 'm', prices }] })
  return { call, model: { name: 'm', version: 1, definition }, ttl_ms: 1_000, ask: asked, admit: async () => {} }
}

describe('the store of answers', () => {
  it('forgets by time, by number, by bytes, and by organization', () => {
    let now = 0
    const store = createAnswerStore<string>({ entries_max: 3, bytes_max: 80, now: () => now })
    const set = (key: string, bytes = 10, ttl_ms = 100) => store.set(key, key, { bytes, ttl_ms })
    for (const key of ['o1 a', 'o1 b', 'o2 c']) set(key)
    expect(store.get('o1 a')).toBe('o1 a')
    set('o2 d')
    // The one that was asked for stays, the one that was not goes.
    expect(['o1 a', 'o1 b', 'o2 c', 'o2 d'].map((key) => store.get(key) !== undefined)).toEqual([
      true,
      false,
      true,
      true,
    ])
    set('o1 large', 11)
    expect(store.get('o1 large')).toBeUndefined()
    store.forget('o2')
    expect([store.entries(), store.bytes()]).toEqual([1, 10])
    now = 100
    expect(store.get('o1 a')).toBeUndefined()
    expect([store.entries(), store.bytes()]).toEqual([0, 0])
    const small = createAnswerStore<string>({ entries_max: 100, bytes_max: 80 })
    for (let at = 0; at < 20; at++) small.set(`k${at}`, '', { bytes: 10, ttl_ms: 100 })
    expect([small.entries(), small.bytes(), small.get('k19')]).toEqual([8, 80, ''])
  })
})

describe('the two forms of an answer', () => {
  it('say the same', () => {
    const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }
    const choices = [
      {
        index: 0,
        message: { role: 'assistant', content: 'Hm', reasoning_content: 'why' },
        logprobs: null,
        finish_reason: 'stop',
      },
      {
        index: 1,
        message: { role: 'assistant', content: null, tool_calls: [call, { ...call, id: 'd' }] },
        logprobs: null,
        finish_reason: 'tool_calls',
      },
    ]
    const completion = { id: 'x', object: 'chat.completion', created: 1, model: 'm', choices, usage }
    expect(streamAsWhole('chat', wholeAsStream('chat', completion))).toEqual(completion)
    const content = [
      { type: 'thinking', thinking: 'why', signature: 's' },
      { type: 'text', text: 'Hm', citations: [{ type: 'char_location' }] },
      { type: 'tool_use', id: 't', name: 'f', input: { a: [1] } },
      { type: 'web_search_tool_result', content: [] },
    ]
    const message = {
      id: 'x',
      type: 'message',
      role: 'assistant',
      content,
      stop_reason: 'tool_use',
      stop_sequence: null,
      usage: { input_tokens: 1, output_tokens: 2 },
    }
    expect(streamAsWhole('messages', wholeAsStream('messages', message))).toEqual(message)
  })

  it('are none where something is missing, void or unknown', () => {
    const text = wholeAsStream('chat', {
      id: 'x',
      choices: [{ index: 0, message: { content: 'Hm' }, finish_reason: 'stop' }],
    })
    expect(streamAsWhole('chat', text)).toBeDefined()
    expect(streamAsWhole('chat', text.replace('data: [DONE]\n\n', ''))).toBeUndefined()
    expect(streamAsWhole('chat', `data: {"choices":[],"muster":{"restarted":true}}\n\n${text}`)).toBeUndefined()
    const delta =
      'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"new"}}\n\n'
    const stop = 'event: message_stop\ndata: {"type":"message_stop"}\n\n'
    expect([streamAsWhole('messages', stop), streamAsWhole('messages', delta + stop)]).toEqual([
      { content: [] },
      undefined,
    ])
  })
})

describe('messages that are kept', () => {
  it('are read by Anthropic’s client, whole and streamed, with calls of tools', async () => {
    const server = await scriptedKinds.anthropic.start()
    const { ours: api } = await made.twoMore()
    await api.call(createProvider, { body: { name: 'p', kind: 'anthropic', base_url: server.origin } })
    const targets = [{ provider: 'p', model: 'm', prices }]
    await api.call(createModel, { body: { name: 'kept', targets, cache: { ttl_ms: 60_000 } } })
    const client = new Anthropic({ baseURL: address, apiKey: api.key, maxRetries: 0 })
    const weather: Anthropic.Tool = { name: 'weather', input_schema: { type: 'object' } }
    for (const tools of [[], [weather]]) {
      const asked = { model: 'kept', max_tokens: 50, messages: [{ role: 'user' as const, content: 'Grüße' }], tools }
      const first = await client.messages.stream(asked).finalMessage()
      const whole = await client.messages.create(asked)
      const again = await client.messages.stream(asked).finalMessage()
      expect([whole.content, again.content]).toEqual([first.content, first.content])
      expect(whole).toMatchObject({ stop_reason: first.stop_reason, usage: first.usage })
      const other = { ...asked, max_tokens: 51 }
      const came = await client.messages.create(other)
      expect((await client.messages.stream(other).finalMessage()).content).toEqual(came.content)
    }
    expect(await attempts(api)).toHaveLength(4)
    await server[Symbol.asyncDispose]()
  })
})

describe('embeddings that are kept', () => {
  it('are asked for text by text, and only what is missing', async () => {
    const api = await newClient()
    const client = new OpenAI({ baseURL: `${address}/v1`, apiKey: api.key, maxRetries: 0 })
    const embed = async (input: string | string[]) => {
      const asked = client.embeddings.create({ model: 'kept', input, encoding_format: 'float' })
      const { data, response } = await asked.withResponse()
      const numbers = data.data.map(({ index, embedding }) => [index, embedding[0]])
      return [response.headers.get('x-muster-cache'), data.usage.total_tokens, numbers]
    }
    const inputsAsked = () =>
      slow.seen.filter(({ path }) => path.endsWith('/embeddings')).map(({ body }) => body.input as unknown)
    const before = inputsAsked().length
    expect(await embed(['a', 'bb'])).toEqual([
      'miss',
      2,
      [
        [0, 1],
        [1, 2],
      ],
    ])
    expect(await embed(['ccc', 'a', 'ccc', 'dddd'])).toEqual([
      'miss',
      2,
      [
        [0, 3],
        [1, 1],
        [2, 3],
        [3, 4],
      ],
    ])
    expect(await embed('bb')).toEqual(['hit', 0, [[0, 2]]])
    expect(inputsAsked().slice(before)).toEqual([
      ['a', 'bb'],
      ['ccc', 'dddd'],
    ])
    expect(await attempts(api)).toHaveLength(2)
    const at_once = await Promise.all([embed(['e', 'a']), embed(['f', 'e'])])
    expect(at_once.map(([, , numbers]) => numbers)).toEqual([
      [
        [0, 1],
        [1, 1],
      ],
      [
        [0, 1],
        [1, 1],
      ],
    ])
    expect(
      inputsAsked()
        .slice(before + 2)
        .flat()
        .sort(),
    ).toEqual(['e', 'f'])
    expect(await api.call(verifyBudgets)).toMatchObject({ valid: true, held: { rows: 0 } })
  })
})
