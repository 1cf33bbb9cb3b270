import { createBudget } from '@muster/contract/budgets/operations'
import { createModel, listAttempts, verifyBudgets } from '@muster/contract/gateway/model.operations'
import { createProvider } from '@muster/contract/gateway/provider.operations'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../../../test/fixtures.ts'
import { prices } from '../../../test/gateway/calls.ts'
import { json, patch, type ScriptedServer, scriptedServer } from '../../../test/gateway/script.ts'
import { scriptedKinds, until } from '../../../test/gateway/scripted-kinds.ts'
import { scriptedResponses } from '../../../test/gateway/scripted-responses.ts'
import { testProgram } from '../../../test/program.ts'

const made = await testProgram()
const address = await made.app.listen({ port: 0, host: '127.0.0.1' })
const model = 'alias'
const picture = `data:image/png;base64,${Buffer.from('not really a picture').toString('base64')}`
const weather: OpenAI.Responses.FunctionTool = {
  type: 'function',
  name: 'weather',
  description: 'Says the weather.',
  parameters: { type: 'object', properties: { city: { type: 'string' } } },
  strict: false,
}
const user = (content: string): OpenAI.Responses.EasyInputMessage => ({ role: 'user', content })
/** The client joins the texts of whole responses only. */
const textOf = ({ output }: Pick<OpenAI.Responses.Response, 'output'>): string =>
  output
    .flatMap((item) => (item.type === 'message' ? item.content : []))
    .map((part) => (part.type === 'output_text' ? part.text : ''))
    .join('')
const told = 'You said 🌉: Grüße'

/** A server that knows responses, and one of each kind that does not. */
const servers = {
  responses: { kind: 'openai', start: scriptedResponses, base: scriptedKinds.openai.base },
  openai: { kind: 'openai', ...scriptedKinds.openai },
  anthropic: { kind: 'anthropic', ...scriptedKinds.anthropic },
  gemini: { kind: 'gemini', ...scriptedKinds.gemini },
} as const
const serverNames = ['responses', 'openai', 'anthropic', 'gemini'] as const

async function tenant(kind: 'openai' | 'anthropic' | 'gemini', base_url: string) {
  const api = (await made.twoMore()).ours
  await api.call(createProvider, { body: { name: 'scripted', kind, base_url, api_key: 'sk-scripted' } })
  const targets = [{ provider: 'scripted', model: 'scripted', prices }]
  await api.call(createModel, { body: { name: model, targets, retries: 0 } })
  await api.call(createModel, { body: { name: 'cached', targets, cache: { ttl_ms: 60_000 } } })
  return { api, client: new OpenAI({ baseURL: `${address}/v1`, apiKey: api.key, maxRetries: 0 }) }
}

describe.each(serverNames)('OpenAI’s client of responses, a server of %s', (name) => {
  let server: ScriptedServer
  let api: ApiClient
  let client: OpenAI
  beforeAll(async () => {
    const { kind, start, base } = servers[name]
    server = await start()
    ;({ api, client } = await tenant(kind, base(server.origin)))
  })
  afterAll(() => server[Symbol.asyncDispose]())

  it('answers a text, and instructions', async () => {
    const answer = await client.responses.create({ model, instructions: 'Be brief', input: 'Grüße', store: false })
    expect(answer).toMatchObject({ object: 'response', status: 'completed', output_text: `(Be brief) ${told}` })
    expect(answer.usage).toEqual({
      input_tokens: 10,
      input_tokens_details: { cached_tokens: 4 },
      output_tokens: 7,
      output_tokens_details: { reasoning_tokens: 2 },
      total_tokens: 17,
    })
    const [attempt] = (await api.call(listAttempts)).items
    expect(attempt).toMatchObject({ wire: 'responses', outcome: 'ok', cost_micro_usd: 35, usage_known: true })
  })

  it('streams with all events in their order, and says the same as a whole', async () => {
    const stream = client.responses.stream({ model, input: [user('Grüße')] })
    const types: string[] = []
    let text = ''
    for await (const event of stream) {
      if (types.at(-1) !== event.type) types.push(event.type)
      if (event.type === 'response.output_text.delta') text += event.delta
    }
    const final = await stream.finalResponse()
    expect(text).toBe(told)
    const whole = await client.responses.create({ model, input: [user('Grüße')] })
    expect(textOf(final)).toBe(whole.output_text)
    expect([final.usage, final.status]).toEqual([whole.usage, whole.status])
    // One of the servers thinks aloud in streams only.
    const itemTypes = (of: typeof whole) => of.output.map(({ type }) => type).filter((type) => type !== 'reasoning')
    expect(itemTypes(final)).toEqual(itemTypes(whole))
    if (name === 'responses') return
    const words = [
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ]
    expect(types.slice(0, 2)).toEqual(['response.created', 'response.in_progress'])
    expect(types.slice(-words.length)).toEqual(words)
  })

  it('calls tools in parallel, and reads their outputs', async () => {
    const input: OpenAI.Responses.ResponseInput = [user('The weather?')]
    const first = await client.responses.create({ model, input, tools: [weather] })
    const calls = first.output.filter((item) => item.type === 'function_call')
    expect(calls.map((call) => [call.name, JSON.parse(call.arguments)])).toEqual([
      ['weather', { city: 'Łódź' }],
      ['weather', { city: 'Köln', days: [1, 2] }],
    ])
    const outputs = calls.map(({ call_id }, at) => ({
      type: 'function_call_output' as const,
      call_id,
      output: `${at} °C`,
    }))
    const second = await client.responses.create({
      model,
      input: [...input, ...first.output, ...outputs],
      tools: [weather],
    })
    expect(second.output_text).toBe('So it is: 0 °C and 1 °C.')
  })

  it('streams calls of tools', async () => {
    const stream = client.responses.stream({ model, input: 'The weather?', tools: [weather], tool_choice: 'required' })
    const deltas = new Map<number, string>()
    for await (const event of stream)
      if (event.type === 'response.function_call_arguments.delta')
        deltas.set(event.output_index, (deltas.get(event.output_index) ?? '') + event.delta)
    const calls = (await stream.finalResponse()).output.filter((item) => item.type === 'function_call')
    expect(calls.map((call) => JSON.parse(call.arguments))).toEqual([{ city: 'Łódź' }, { city: 'Köln', days: [1, 2] }])
    expect([...deltas.values()]).toEqual(calls.map((call) => call.arguments))
  })

  it('calls custom tools and the local shell', async () => {
    const custom = { type: 'custom' as const, name: 'apply_patch', description: 'Applies a patch.' }
    const grammar = { type: 'grammar' as const, syntax: 'lark' as const, definition: 'start: "*** Begin Patch"' }
    const input: OpenAI.Responses.ResponseInput = [user('Patch it')]
    const whole = await client.responses.create({ model, input, tools: [{ ...custom, format: grammar }] })
    const call = whole.output.find((item) => item.type === 'custom_tool_call')
    expect(call).toMatchObject({ name: 'apply_patch', input: patch })
    const stream = client.responses.stream({ model, input, tools: [{ ...custom, format: grammar }] })
    const streamed = (await stream.finalResponse()).output.find((item) => item.type === 'custom_tool_call')
    expect(streamed).toMatchObject({ name: 'apply_patch', input: patch })
    const output = { type: 'custom_tool_call_output' as const, call_id: call?.call_id ?? '', output: 'Done' }
    await client.responses.create({ model, input: [...input, ...whole.output, output], tools: [custom] })
    const shell = await client.responses.create({ model, input: 'List', tools: [{ type: 'local_shell' }] })
    expect(shell.output.at(-1)).toMatchObject({
      type: 'local_shell_call',
      action: { type: 'exec', command: ['ls', '-l'], env: {} },
    })
  })

  it('calls tools of a namespace', async () => {
    if (name === 'responses') return
    const tools = [{ type: 'namespace', name: 'sky', description: 'About the sky.', tools: [weather] }]
    const input: OpenAI.Responses.ResponseInput = [user('The weather?')]
    const params = { model, input, tools: tools as unknown as OpenAI.Responses.Tool[] }
    const first = await client.responses.create(params)
    const [call] = first.output.filter((item) => item.type === 'function_call')
    expect(call).toMatchObject({ name: 'weather', namespace: 'sky', arguments: '{"city":"Łódź"}' })
    const output = { type: 'function_call_output' as const, call_id: call?.call_id ?? '', output: '3 °C' }
    const second = await client.responses.create({ ...params, input: [...input, ...(call ? [call] : []), output] })
    expect(second.output_text).toBe('So it is: 3 °C.')
    expect(JSON.stringify(server.seen.at(-1)?.body)).toContain('sky__weather')
  })

  it('sends pictures, and gets structured output', async () => {
    const image = { type: 'input_image' as const, image_url: picture, detail: 'auto' as const }
    const content = [{ type: 'input_text' as const, text: 'What is it?' }, image]
    const seen = await client.responses.create({ model, input: [{ role: 'user', content }] })
    expect(seen.output_text).toBe('A picture of image/png, 20 bytes.')
    const schema = {
      type: 'object',
      properties: { city: { type: 'string' } },
      required: ['city'],
      additionalProperties: false,
    }
    const format = { type: 'json_schema' as const, name: 'trip', schema, strict: true }
    const structured = await client.responses.create({ model, input: 'A trip', text: { format } })
    expect(JSON.parse(structured.output_text)).toEqual({ city: 'Łódź', days: 3 })
  })

  it.each([
    ['previous_response_id', { previous_response_id: 'resp_1' }],
    ['conversation', { conversation: 'conv_1' }],
    ['background', { background: true }],
    ['input', { input: [{ type: 'item_reference' as const, id: 'msg_1' }] }],
  ])('refuses %s, since nothing is stored', async (field, more) => {
    const asked = client.responses.create({ model, input: 'Hi', ...more })
    await expect(asked).rejects.toMatchObject({ status: 400, param: expect.stringContaining(field) })
  })

  it('refuses tools that only OpenAI’s servers run with their place, or passes them on', async () => {
    const asked = client.responses.create({ model, input: 'Hi', tools: [weather, { type: 'web_search' }] })
    if (name === 'responses') expect((await asked).object).toBe('response')
    else await expect(asked).rejects.toMatchObject({ status: 400, message: expect.stringContaining('tools[1]') })
  })

  it('throws where a stream breaks off, and the hold was charged', async () => {
    const read = async () => {
      const stream = await client.responses.create({ model, input: 'cut', stream: true })
      for await (const event of stream) void event
    }
    await expect(read()).rejects.toBeInstanceOf(OpenAI.APIError)
    const [attempt] = (await api.call(listAttempts)).items
    expect(attempt).toMatchObject({ outcome: 'broken', cost_micro_usd: attempt?.held_micro_usd })
  })

  it('aborts, and the provider hears of it', async () => {
    const before = server.aborted()
    const stream = await client.responses.create({ model, input: 'wait', stream: true })
    for await (const event of stream) if (event.type === 'response.output_text.delta') break
    await until(async () => server.aborted() > before)
  })

  it('is never answered from the cache', async () => {
    for (let at = 0; at < 2; at++) {
      const { response } = await client.responses.create({ model: 'cached', input: 'Hi' }).withResponse()
      expect(response.headers.get('x-muster-cache')).toBeNull()
    }
  })

  it('completes prompts, whole and streamed', async () => {
    const whole = await client.completions.create({ model, prompt: 'Grüße', max_tokens: 50 })
    expect(whole).toMatchObject({
      object: 'text_completion',
      choices: [{ text: told, finish_reason: 'stop', index: 0 }],
    })
    expect(whole.usage).toMatchObject({ prompt_tokens: 10, completion_tokens: 7, total_tokens: 17 })
    const include_usage = { stream: true as const, stream_options: { include_usage: true } }
    const stream = await client.completions.create({ model, prompt: ['Grüße'], max_tokens: 50, ...include_usage })
    let text = ''
    let tokens = 0
    for await (const chunk of stream) {
      text += chunk.choices[0]?.text ?? ''
      tokens = chunk.usage?.total_tokens ?? tokens
    }
    expect([text, tokens]).toEqual([told, 17])
    const [attempt] = (await api.call(listAttempts)).items
    expect(attempt).toMatchObject({ wire: 'completions', streamed: true, outcome: 'ok', cost_micro_usd: 35 })
  })

  it.each([
    ['suffix', { suffix: 'end' }],
    ['echo', { echo: true }],
    ['best_of', { best_of: 2 }],
    ['logprobs', { logprobs: 1 }],
    ['n', { n: 2 }],
    ['prompt', { prompt: ['a', 'b'] }],
  ])('refuses %s of a completion where it cannot be carried', async (field, more) => {
    const asked = client.completions.create({ model, prompt: 'Hi', max_tokens: 5, ...more })
    if (name === 'responses') expect((await asked).object).toBe('text_completion')
    else await expect(asked).rejects.toMatchObject({ status: 400, message: expect.stringContaining(`${field}: `) })
  })

  it('was charged to the token, every attempt of it', async () => {
    const { items } = await api.call(listAttempts)
    const done = items.filter(({ outcome }) => outcome === 'ok')
    expect(new Set(done.map(({ cost_micro_usd }) => cost_micro_usd))).toEqual(new Set([35]))
    expect(await api.call(verifyBudgets)).toMatchObject({ valid: true, held: { rows: 0 } })
    // The endpoint that is missing was asked for once.
    const refused = items.filter(({ outcome, http_status }) => outcome === 'refused' && http_status === 404)
    expect(refused).toHaveLength(name === 'openai' ? 2 : 0)
  })
})

describe('a server that answers a request for a stream with a whole', () => {
  it.each(['responses', 'openai'] as const)('is streamed to the client: a server of %s', async (name) => {
    const { start, base } = servers[name]
    const known = await start()
    // What the server would say as a whole, whatever is asked for.
    const server = await scriptedServer((response, body, path) => {
      const { stream: _stream, stream_options: _options, ...whole } = body
      void fetch(`${known.origin}${path}`, { method: 'POST', body: JSON.stringify(whole) }).then(async (answer) => {
        response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text())
      })
    })
    const { client } = await tenant('openai', base(server.origin))
    const words = client.responses.stream({ model, input: 'Grüße' })
    const final = await words.finalResponse()
    expect([textOf(final), final.usage?.total_tokens]).toEqual([told, 17])
    const calls = client.responses.stream({ model, input: 'The weather?', tools: [weather] })
    expect((await calls.finalResponse()).output.filter(({ type }) => type === 'function_call')).toHaveLength(2)
    const chunks = await client.completions.create({ model, prompt: 'Grüße', stream: true })
    let text = ''
    for await (const chunk of chunks) text += chunk.choices[0]?.text ?? ''
    expect(text).toBe(told)
    await server[Symbol.asyncDispose]()
    await known[Symbol.asyncDispose]()
  })
})

describe('thoughts in responses', () => {
  const thinking = { type: 'thinking', thinking: 'Let me look.', signature: 'sig-1' }
  const usage = { input_tokens: 1, output_tokens: 1 }
  let server: ScriptedServer
  afterAll(() => server[Symbol.asyncDispose]())

  it('come as reasoning items and go back to who signed them', async () => {
    server = await scriptedServer((response, body) => {
      const has_result = JSON.stringify(body).includes('tool_result')
      const block = has_result
        ? { type: 'text', text: 'Fine.' }
        : { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Łódź' } }
      const stop_reason = has_result ? 'end_turn' : 'tool_use'
      const head = { id: 'm', type: 'message', role: 'assistant', model: 'm', stop_sequence: null, usage }
      if (!('stream' in body)) return json(response, { ...head, content: [thinking, block], stop_reason })
      const events = [
        { type: 'message_start', message: { ...head, content: [], stop_reason: null } },
        { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } },
        { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'Let me ' } },
        { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'look.' } },
        { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 'sig-1' } },
        { type: 'content_block_stop', index: 0 },
        { type: 'content_block_start', index: 1, content_block: { ...block, input: {} } },
        { type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: '{"city":"Łódź"}' } },
        { type: 'content_block_stop', index: 1 },
        { type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage },
        { type: 'message_stop' },
      ]
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.end(events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(''))
    })
    const { client } = await tenant('anthropic', server.origin)
    const input: OpenAI.Responses.ResponseInput = [user('The weather?')]
    const asked = { model, input, tools: [weather], store: false, include: ['reasoning.encrypted_content' as const] }
    const stream = client.responses.stream(asked)
    const thoughts: string[] = []
    for await (const event of stream)
      if (event.type === 'response.reasoning_summary_text.delta') thoughts.push(event.delta)
    expect(thoughts).toEqual(['Let me ', 'look.'])
    for (const { output } of [await stream.finalResponse(), await client.responses.create(asked)]) {
      expect(output.map(({ type }) => type)).toEqual(['reasoning', 'function_call'])
      expect(output[0]).toMatchObject({ summary: [{ type: 'summary_text', text: 'Let me look.' }] })
      const result = { type: 'function_call_output' as const, call_id: 'toolu_1', output: '3 °C' }
      const next = await client.responses.create({ ...asked, input: [...input, ...output, result] })
      expect(next.output_text).toBe('Fine.')
      const sent = server.seen.at(-1)?.body as unknown as { messages: { role: string; content: unknown }[] }
      expect(sent.messages[1]).toMatchObject({
        role: 'assistant',
        content: [thinking, { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Łódź' } }],
      })
    }
  })

  it('of Muster never reach a server of responses', async () => {
    const native = await scriptedResponses()
    const { client } = await tenant('openai', scriptedKinds.openai.base(native.origin))
    const encrypted_content = `muster:${Buffer.from('{"made_by":"messages","signature":"s"}').toString('base64url')}`
    const input = [
      { type: 'reasoning', id: 'rs_mu_1', summary: [], encrypted_content },
      { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'theirs' },
      { type: 'message', id: 'msg_mu_1', role: 'assistant', status: 'completed', content: [] },
      user('Hi'),
    ] as OpenAI.Responses.ResponseInput
    await client.responses.create({ model, input })
    const sent = native.seen.at(-1)?.body as unknown as { input: readonly object[] }
    expect(sent.input).toEqual([
      { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'theirs' },
      { type: 'message', role: 'assistant', status: 'completed', content: [] },
      user('Hi'),
    ])
    await native[Symbol.asyncDispose]()
  })
})

it('the offline model answers responses and completions, whole and streamed', async () => {
  const api = (await made.twoMore()).ours
  const client = new OpenAI({ baseURL: `${address}/v1`, apiKey: api.key, maxRetries: 0 })
  const input = 'The hall opens at nine. When does the hall open?'
  const whole = await client.responses.create({ model: 'offline', input })
  expect(whole.output_text).toContain('Offline: no model was asked.')
  const stream = client.responses.stream({ model: 'offline', input })
  expect(textOf(await stream.finalResponse())).toBe(whole.output_text)
  const completion = await client.completions.create({ model: 'offline', prompt: input })
  expect(completion.choices[0]?.text).toBe(whole.output_text)
  await expect(client.completions.create({ model: 'offline', prompt: input, echo: true })).rejects.toMatchObject({
    status: 400,
  })
})

it('a budget that has no room refuses a response in OpenAI’s shape', async () => {
  const server = await scriptedResponses()
  const { api, client } = await tenant('openai', scriptedKinds.openai.base(server.origin))
  await api.call(createBudget, { body: { scope: { kind: 'organization' }, window: 'day', tokens: 5 } })
  await expect(client.responses.create({ model, input: 'Hi' })).rejects.toMatchObject({
    status: 402,
    type: 'insufficient_quota',
  })
  await server[Symbol.asyncDispose]()
})
