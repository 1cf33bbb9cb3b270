import type { AddressInfo } from 'node:net'
import Anthropic from '@anthropic-ai/sdk'
import { createModel, listAttempts, verifyBudgets } from '@muster/contract/gateway/model.operations'
import { createProvider, testProvider } from '@muster/contract/gateway/provider.operations'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../../../test/fixtures.ts'
import { prices } from '../../../test/gateway/calls.ts'
import type { ScriptedServer } from '../../../test/gateway/script.ts'
import { scriptedKindNames, scriptedKinds, until } from '../../../test/gateway/scripted-kinds.ts'
import { testProgram } from '../../../test/program.ts'

// The official clients against the gateway: one suite for every kind of provider, which so conform to each other too.
const made = await testProgram()
await made.app.listen({ port: 0, host: '127.0.0.1' })
const address = `http://127.0.0.1:${(made.app.server.address() as AddressInfo).port}`

const picture = Buffer.from('not really a picture')
const tools: OpenAI.ChatCompletionTool[] = [
  { type: 'function', function: { name: 'weather', description: 'Says the weather.', parameters: { type: 'object' } } },
]
const user = (content: string) => ({ role: 'user' as const, content })
const told = 'You said 🌉: Grüße'

describe.each(scriptedKindNames)('OpenAI’s client, a provider of the kind %s', (kind) => {
  const { start, base } = scriptedKinds[kind]
  let server: ScriptedServer
  let api: ApiClient
  let client: OpenAI
  let provider_id: string
  const model = 'alias'

  beforeAll(async () => {
    server = await start()
    api = (await made.twoMore()).ours
    const body = {
      name: 'scripted',
      kind,
      base_url: base(server.origin),
      api_key: 'sk-scripted',
    }
    provider_id = (await api.call(createProvider, { body })).id
    const targets = [{ provider: 'scripted', model: 'scripted', prices }]
    await api.call(createModel, { body: { name: model, targets } })
    client = new OpenAI({ baseURL: `${address}/v1`, apiKey: api.key, maxRetries: 0 })
  })
  afterAll(() => server[Symbol.asyncDispose]())

  it('is asked with its own key, and tells its models', async () => {
    expect(await api.call(testProvider, { params: { id: provider_id } })).toMatchObject({
      works: true,
      models: ['scripted'],
    })
    const { authorization, 'x-api-key': anthropic, 'x-goog-api-key': gemini } = server.seen.at(-1)?.headers ?? {}
    const keys = { openai: authorization, anthropic, gemini }
    expect(keys).toEqual({
      openai: undefined,
      anthropic: undefined,
      gemini: undefined,
      [kind]: kind === 'openai' ? 'Bearer sk-scripted' : 'sk-scripted',
    })
  })

  it('chats', async () => {
    const answer = await client.chat.completions.create({
      model,
      messages: [{ role: 'system', content: 'Be brief' }, user('Grüße')],
    })
    expect(answer.object).toBe('chat.completion')
    expect(answer.choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { role: 'assistant', content: `(Be brief) ${told}` },
    })
    expect(answer.usage).toMatchObject({
      prompt_tokens: 10,
      completion_tokens: 7,
      total_tokens: 17,
      prompt_tokens_details: { cached_tokens: 4 },
    })
  })

  it('streams, with usage where it was asked for', async () => {
    const words: string[] = []
    const usages: unknown[] = []
    const stream = await client.chat.completions.create({
      model,
      messages: [user('Grüße')],
      stream: true,
      stream_options: { include_usage: true },
    })
    for await (const chunk of stream) {
      words.push(chunk.choices[0]?.delta.content ?? '')
      if (chunk.usage) usages.push(chunk.usage)
    }
    expect(words.join('')).toBe(told)
    expect(usages).toMatchObject([
      { prompt_tokens: 10, completion_tokens: 7, completion_tokens_details: { reasoning_tokens: 2 } },
    ])
    const helped = client.chat.completions.stream({ model, messages: [user('Grüße')] })
    expect(await helped.finalContent()).toBe(told)
  })

  it('calls tools, several at once, whole and streamed, and takes their results', async () => {
    const messages = [user('Weather?')]
    const whole = await client.chat.completions.create({ model, messages, tools, tool_choice: 'auto' })
    const streamed = await client.chat.completions.stream({ model, messages, tools }).finalChatCompletion()
    for (const { choices } of [whole, streamed]) {
      const calls = choices[0]?.message.tool_calls ?? []
      const findByNames = calls.map((call) =>
        call.type === 'function' ? [call.id, call.function.name, JSON.parse(call.function.arguments)] : [],
      )
      expect(choices[0]?.finish_reason).toBe('tool_calls')
      expect(findByNames).toEqual([
        ['call_1', 'weather', { city: 'Łódź' }],
        ['call_2', 'weather', { city: 'Köln', days: [1, 2] }],
      ])
    }
    const message = whole.choices[0]?.message
    if (!message?.tool_calls) throw new Error('there were no calls')
    const results = message.tool_calls.map(({ id }, at) => ({
      role: 'tool' as const,
      tool_call_id: id,
      content: `${at}°`,
    }))
    const answer = await client.chat.completions.create({ model, tools, messages: [...messages, message, ...results] })
    expect(answer.choices[0]?.message.content).toBe('So it is: 0° and 1°.')
  })

  it('gets structured output and has pictures passed through', async () => {
    const schema = { type: 'object', properties: { city: { type: 'string' } } }
    const response_format = { type: 'json_schema' as const, json_schema: { name: 'place', schema } }
    const answer = await client.chat.completions.create({ model, messages: [user('Where?')], response_format })
    expect(JSON.parse(answer.choices[0]?.message.content ?? '')).toEqual({ city: 'Łódź', days: 3 })
    expect(JSON.stringify(server.seen.at(-1)?.body)).toContain(JSON.stringify(schema))
    const url = `data:image/png;base64,${picture.toString('base64')}`
    const content = [
      { type: 'text' as const, text: 'What is it?' },
      { type: 'image_url' as const, image_url: { url } },
    ]
    const seen = await client.chat.completions.create({ model, messages: [{ role: 'user', content }] })
    expect(seen.choices[0]?.message.content).toBe(`A picture of image/png, ${picture.length} bytes.`)
  })

  it('throws its own errors', async () => {
    const asked = (more: object, key = api.key) =>
      new OpenAI({ baseURL: `${address}/v1`, apiKey: key, maxRetries: 0 }).chat.completions.create({
        model,
        messages: [user('Well?')],
        ...more,
      })
    await expect(asked({}, 'mk_none')).rejects.toBeInstanceOf(OpenAI.AuthenticationError)
    await expect(asked({ model: 'gone' })).rejects.toBeInstanceOf(OpenAI.NotFoundError)
    await expect(asked({ messages: [] })).rejects.toBeInstanceOf(OpenAI.BadRequestError)
    await expect(asked({ messages: [user('break')] })).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining('Too long.'),
    })
  })

  it('aborts, and the provider hears of it', async () => {
    const before = server.aborted()
    const stream = await client.chat.completions.create({ model, messages: [user('wait')], stream: true })
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break
    await until(async () => server.aborted() > before)
    await until(async () => (await api.call(listAttempts)).items.every(({ status }) => status !== 'live'))
    const [attempt] = (await api.call(listAttempts)).items
    expect(attempt).toMatchObject({ outcome: 'client_gone', usage_known: false })
  })

  it('throws where a stream breaks off, and the hold was charged', async () => {
    const words: string[] = []
    const read = async () => {
      const stream = await client.chat.completions.create({ model, messages: [user('cut')], stream: true })
      for await (const chunk of stream) words.push(chunk.choices[0]?.delta.content ?? '')
    }
    await expect(read()).rejects.toBeInstanceOf(OpenAI.APIError)
    expect(words.join('')).toContain('You said 🌉')
    const [attempt] = (await api.call(listAttempts)).items
    expect(attempt).toMatchObject({ outcome: 'broken', cost_micro_usd: attempt?.held_micro_usd })
  })

  it('was charged to the token', async () => {
    const { items } = await api.call(listAttempts)
    const done = items.filter(({ outcome }) => outcome === 'ok')
    // 6 new, 4 cached, 7 out: 6 + 0.4 + 28 micro-USD, rounded up.
    expect(new Set(done.map(({ cost_micro_usd }) => cost_micro_usd))).toEqual(new Set([35]))
    expect(done[0]?.tokens).toEqual({ uncached: 6, cache_read: 4, cache_write: 0, output: 5, reasoning: 2 })
    expect(await api.call(verifyBudgets)).toMatchObject({ valid: true, held: { rows: 0 } })
  })

  if (kind !== 'anthropic')
    it('embeds, lists models', async () => {
      const { data, usage } = await client.embeddings.create({ model, input: ['one', 'two'] })
      expect([data.map(({ embedding }) => embedding), usage.total_tokens]).toEqual([
        [
          [0.25, -0.5],
          [0.25, -0.5],
        ],
        6,
      ])
      const names: string[] = []
      for await (const { id } of client.models.list()) names.push(id)
      expect(names).toEqual([model, 'offline', 'offline-embed'])
      expect((await client.models.retrieve(model)).id).toBe(model)
    })
})

describe.each(scriptedKindNames)('Anthropic’s client, a provider of the kind %s', (kind) => {
  const { start, base } = scriptedKinds[kind]
  let server: ScriptedServer
  let api: ApiClient
  let client: Anthropic
  const model = 'claude'
  const question = { model, max_tokens: 50, messages: [user('Grüße')] }

  beforeAll(async () => {
    server = await start()
    api = (await made.twoMore()).ours
    await api.call(createProvider, {
      body: { name: 'scripted', kind, base_url: base(server.origin), api_key: 'sk-scripted' },
    })
    await api.call(createModel, {
      body: { name: model, targets: [{ provider: 'scripted', model: 'scripted', prices }] },
    })
    client = new Anthropic({ baseURL: address, apiKey: api.key, maxRetries: 0 })
  })
  afterAll(() => server[Symbol.asyncDispose]())

  it('asks and streams', async () => {
    const answer = await client.messages.create({ ...question, system: 'Be brief', metadata: { user_id: 'u' } })
    expect(answer.content).toEqual([{ type: 'text', text: `(Be brief) ${told}` }])
    expect(answer).toMatchObject({ type: 'message', role: 'assistant', stop_reason: 'end_turn', stop_sequence: null })
    expect(answer.usage).toMatchObject({ input_tokens: 6, cache_read_input_tokens: 4, output_tokens: 7 })
    const sent = { ...question, system: 'Be brief', metadata: { user_id: 'u' }, model: 'scripted' }
    // To its own kind all goes as it came.
    if (kind === 'anthropic') expect(server.seen.at(-1)?.body).toEqual(sent)
    const events: string[] = []
    const stream = client.messages.stream(question).on('streamEvent', ({ type }) => void events.push(type))
    expect(await stream.finalText()).toBe(told)
    expect(events.slice(0, 2)).toEqual(['message_start', 'content_block_start'])
    expect(events.slice(-2)).toEqual(['message_delta', 'message_stop'])
    expect((await stream.finalMessage()).usage).toMatchObject({ input_tokens: 6, output_tokens: 7 })
  })

  it('calls tools, sends pictures, gets structured output', async () => {
    const weather: Anthropic.Tool = { name: 'weather', input_schema: { type: 'object' } }
    const { content } = await client.messages.stream({ ...question, tools: [weather] }).finalMessage()
    const asked = { ...question, tools: [weather] }
    const { content: at_once, stop_reason } = await client.messages.create(asked)
    expect(stop_reason).toBe('tool_use')
    const withoutThoughts = (blocks: Anthropic.ContentBlock[]) => blocks.filter(({ type }) => type !== 'thinking')
    for (const calls of [content, at_once].map(withoutThoughts))
      expect(calls.map((block) => (block.type === 'tool_use' ? [block.id, block.input] : block.type))).toEqual([
        ['call_1', { city: 'Łódź' }],
        ['call_2', { city: 'Köln', days: [1, 2] }],
      ])
    if (kind === 'gemini') expect(content[0]).toEqual({ type: 'thinking', thinking: 'Let me think.', signature: '' })
    const results = withoutThoughts(content).map((block, at) => ({
      type: 'tool_result' as const,
      tool_use_id: block.type === 'tool_use' ? block.id : '',
      content: `${at}°`,
    }))
    const turns = [
      { role: 'assistant' as const, content },
      { role: 'user' as const, content: results },
    ]
    const told_so = await client.messages.create({ ...asked, messages: [...question.messages, ...turns] })
    expect(told_so.content).toMatchObject([{ text: 'So it is: 0° and 1°.' }])
    const source = { type: 'base64' as const, media_type: 'image/png' as const, data: picture.toString('base64') }
    const seen = await client.messages.create({
      ...question,
      messages: [{ role: 'user', content: [{ type: 'image', source }] }],
    })
    expect(seen.content).toMatchObject([{ text: `A picture of image/png, ${picture.length} bytes.` }])
    const format = { type: 'json_schema' as const, schema: { type: 'object' } }
    const placed = await client.messages.create({ ...question, output_config: { format } })
    expect(placed.content).toMatchObject([{ text: '{"city":"Łódź","days":3}' }])
  })

  it('throws its own errors, aborts, and was charged to the token', async () => {
    const stranger = new Anthropic({ baseURL: address, apiKey: 'mk_none', maxRetries: 0 })
    await expect(stranger.messages.create(question)).rejects.toBeInstanceOf(Anthropic.AuthenticationError)
    await expect(client.messages.create({ ...question, model: 'gone' })).rejects.toBeInstanceOf(Anthropic.NotFoundError)
    await expect(client.messages.create({ ...question, messages: [user('break')] })).rejects.toMatchObject({
      status: 400,
    })
    const stream = client.messages.stream({ ...question, messages: [user('wait')] })
    stream.once('text', () => stream.abort())
    await expect(stream.finalMessage()).rejects.toBeInstanceOf(Anthropic.APIUserAbortError)
    await until(async () => (await api.call(listAttempts)).items.every(({ status }) => status !== 'live'))
    const { items } = await api.call(listAttempts)
    expect(items[0]?.outcome).toBe('client_gone')
    expect(new Set(items.filter(({ outcome }) => outcome === 'ok').map((one) => one.cost_micro_usd))).toEqual(
      new Set([35]),
    )
    expect(await api.call(verifyBudgets)).toMatchObject({ valid: true, held: { rows: 0 } })
  })

  it('throws where a stream breaks off, and the hold was charged', async () => {
    const stream = client.messages.stream({ ...question, messages: [user('cut')] })
    await expect(stream.finalMessage()).rejects.toBeInstanceOf(Anthropic.APIError)
    const [attempt] = (await api.call(listAttempts)).items
    expect(attempt).toMatchObject({ outcome: 'broken', cost_micro_usd: attempt?.held_micro_usd })
  })

  it('lists models in its own shape', async () => {
    const names: string[] = []
    for await (const { type, id, display_name, created_at } of client.models.list({ limit: 2 })) {
      expect([type, display_name, created_at.endsWith('Z')]).toEqual(['model', id, true])
      names.push(id)
    }
    expect(names).toEqual([model, 'offline', 'offline-embed'])
    expect(await client.models.retrieve(model)).toMatchObject({ type: 'model', id: model })
  })

  if (kind !== 'anthropic')
    it('is refused what its provider has no word for', async () => {
      const search = { type: 'web_search_20250305', name: 'web_search' } as const
      const asked = [
        client.messages.create({ ...question, tools: [search] }),
        client.messages.stream({ ...question, tools: [search] }).finalMessage(),
      ]
      for (const one of asked) await expect(one).rejects.toBeInstanceOf(Anthropic.BadRequestError)
      expect(await api.call(verifyBudgets)).toMatchObject({ valid: true, held: { rows: 0 } })
    })

  it('speaks with the offline model too', async () => {
    const messages = [
      user('The bridge closes on Monday. Trams turn at the river.'),
      user('When does the bridge close?'),
    ]
    const offline = { model: 'offline', max_tokens: 500, messages }
    const whole = await client.messages.create(offline)
    const streamed = await client.messages.stream(offline).finalMessage()
    expect(whole.content).toEqual(streamed.content)
    expect(whole.content).toMatchObject([
      { text: expect.stringContaining('- The bridge closes on Monday. [message 1:0-28]') },
    ])
  })
})
