import type { AddressInfo } from 'node:net'
import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { createModel, listAttempts, verifyBudgets } from '@muster/contract/gateway/model.operations'
import { createProvider } from '@muster/contract/gateway/provider.operations'
import {
  APICallError,
  embed,
  embedMany,
  generateText,
  jsonSchema,
  type LanguageModel,
  Output,
  stepCountIs,
  streamText,
  type ToolSet,
  tool,
} from 'ai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../../../test/fixtures.ts'
import { prices } from '../../../test/gateway/calls.ts'
import type { ScriptedServer } from '../../../test/gateway/script.ts'
import { scriptedKindNames, scriptedKinds, until } from '../../../test/gateway/scripted-kinds.ts'
import { testProgram } from '../../../test/program.ts'

// The Vercel AI SDK against the gateway: over OpenAI's wire and Anthropic's, for every kind of provider. It is held to the
// same suite as the other clients, and no failure is expected of it.
const made = await testProgram()
await made.app.listen({ port: 0, host: '127.0.0.1' })
const address = `http://127.0.0.1:${(made.app.server.address() as AddressInfo).port}`

const chatOver = (apiKey: string) =>
  createOpenAICompatible({
    name: 'muster',
    baseURL: `${address}/v1`,
    apiKey,
    includeUsage: true,
    supportsStructuredOutputs: true,
  })
const messagesOver = (apiKey: string) => createAnthropic({ baseURL: `${address}/v1`, apiKey })

const ways = (['chat', 'messages'] as const).flatMap((wire) => scriptedKindNames.map((kind) => ({ wire, kind })))
/** For names that it does not know it would guess: 4,096 tokens, and structured output by way of a tool. */
const maxOutputTokens = 500
const providerOptions = { anthropic: { structuredOutputMode: 'outputFormat' } }
const told = 'You said 🌉: Grüße'
const picture = Buffer.from('not really a picture')
const place = jsonSchema<{ city: string; days: number }>({
  type: 'object',
  properties: { city: { type: 'string' }, days: { type: 'integer' } },
  required: ['city', 'days'],
  additionalProperties: false,
})
const weather = { description: 'Says the weather.', inputSchema: jsonSchema<{ city: string }>({ type: 'object' }) }
/** Its types of tools do not reckon with `exactOptionalPropertyTypes`. */
const toolSet = (execute?: (input: { readonly city: string }) => Promise<string>): ToolSet => ({
  weather: tool({ ...weather, ...(execute && { execute }) } as never) as ToolSet[string],
})
const called = [
  ['call_1', 'weather', { city: 'Łódź' }],
  ['call_2', 'weather', { city: 'Köln', days: [1, 2] }],
]

describe.each(ways)('the AI SDK over the wire $wire, a provider of the kind $kind', ({ wire, kind }) => {
  let server: ScriptedServer
  let api: ApiClient
  let model: LanguageModel
  let given: { model: LanguageModel; maxOutputTokens: number; providerOptions: typeof providerOptions }
  const over = (key: string, name = 'alias'): LanguageModel =>
    wire === 'chat' ? chatOver(key)(name) : messagesOver(key)(name)

  beforeAll(async () => {
    const { start, base } = scriptedKinds[kind]
    server = await start()
    api = (await made.twoMore()).ours
    const body = { name: 'scripted', kind, base_url: base(server.origin), api_key: 'sk-scripted' }
    await api.call(createProvider, { body })
    await api.call(createModel, {
      body: { name: 'alias', targets: [{ provider: 'scripted', model: 'scripted', prices }] },
    })
    model = over(api.key)
    given = { model, maxOutputTokens, providerOptions }
  })
  afterAll(() => server[Symbol.asyncDispose]())

  it('chats', async () => {
    const { text, usage, finishReason } = await generateText({ ...given, system: 'Be brief', prompt: 'Grüße' })
    expect([text, finishReason]).toEqual([`(Be brief) ${told}`, 'stop'])
    expect(usage).toMatchObject({
      inputTokens: 10,
      outputTokens: 7,
      inputTokenDetails: { cacheReadTokens: 4, noCacheTokens: 6 },
    })
  })

  it('streams, with usage', async () => {
    const stream = streamText({ ...given, prompt: 'Grüße' })
    const words: string[] = []
    for await (const piece of stream.textStream) words.push(piece)
    expect(words.join('')).toBe(told)
    expect(words.length).toBeGreaterThan(1)
    expect(await stream.usage).toMatchObject({ inputTokens: 10, outputTokens: 7 })
    expect(await stream.finishReason).toBe('stop')
  })

  it('calls tools, several at once, whole and streamed', async () => {
    const asked = { ...given, prompt: 'Weather?', tools: toolSet() }
    const whole = await generateText(asked)
    const streamed = streamText(asked)
    await streamed.consumeStream()
    expect([whole.finishReason, await streamed.finishReason]).toEqual(['tool-calls', 'tool-calls'])
    for (const calls of [whole.toolCalls, await streamed.toolCalls])
      expect(calls.map(({ toolCallId, toolName, input }) => [toolCallId, toolName, input])).toEqual(called)
  })

  it('runs its tools and goes on with what they gave', async () => {
    const asked: string[] = []
    const tools = toolSet(async ({ city }) => {
      asked.push(city)
      return `${city.length}°`
    })
    const { text, steps } = await generateText({ ...given, prompt: 'Weather?', tools, stopWhen: stepCountIs(3) })
    expect([text, steps.length, asked]).toEqual(['So it is: 4° and 4°.', 2, ['Łódź', 'Köln']])
  })

  it('gets structured output, whole and streamed', async () => {
    const output = Output.object({ schema: place, name: 'place' })
    const whole = await generateText({ ...given, prompt: 'Where?', output })
    expect(whole.output).toEqual({ city: 'Łódź', days: 3 })
    expect(JSON.stringify(server.seen.at(-1)?.body)).toContain('"additionalProperties":false')
    const streamed = streamText({ ...given, prompt: 'Where?', output })
    expect(await streamed.output).toEqual({ city: 'Łódź', days: 3 })
  })

  it('has pictures passed through', async () => {
    const image = { type: 'image' as const, image: picture, mediaType: 'image/png' }
    const content = [{ type: 'text' as const, text: 'What is it?' }, image]
    const { text } = await generateText({ ...given, messages: [{ role: 'user', content }] })
    expect(text).toBe(`A picture of image/png, ${picture.length} bytes.`)
  })

  it('throws its own errors', async () => {
    const failing = (with_model: LanguageModel, prompt = 'Well?') =>
      generateText({ ...given, model: with_model, prompt, maxRetries: 0 }).catch((error: unknown) => error)
    const errors = [
      await failing(over('mk_none')),
      await failing(over(api.key, 'gone')),
      await failing(model, 'break'),
    ] as APICallError[]
    expect(errors.map((error) => APICallError.isInstance(error))).toEqual([true, true, true])
    expect(errors.map(({ statusCode }) => statusCode)).toEqual([401, 404, 400])
    expect(errors.map(({ isRetryable }) => isRetryable)).toEqual([false, false, false])
    expect(errors.at(-1)?.message).toContain('Too long.')
  })

  it('aborts, and the provider hears of it', async () => {
    const before = server.aborted()
    const controller = new AbortController()
    const stream = streamText({ ...given, prompt: 'wait', abortSignal: controller.signal })
    for await (const part of stream.fullStream) if (part.type === 'text-delta') controller.abort()
    await until(async () => server.aborted() > before)
    await until(async () => (await api.call(listAttempts)).items.every(({ status }) => status !== 'live'))
    expect((await api.call(listAttempts)).items[0]).toMatchObject({ outcome: 'client_gone', usage_known: false })
  })

  it('tells where a stream breaks off, and the hold was charged', async () => {
    const errors: unknown[] = []
    const stream = streamText({ ...given, prompt: 'cut', onError: ({ error }) => void errors.push(error) })
    const words: string[] = []
    for await (const part of stream.fullStream) if (part.type === 'text-delta') words.push(part.text)
    expect(words.join('')).toContain('You said 🌉')
    expect(JSON.stringify(errors)).toContain('The stream was interrupted')
    const [attempt] = (await api.call(listAttempts)).items
    expect(attempt).toMatchObject({ outcome: 'broken', cost_micro_usd: attempt?.held_micro_usd })
  })

  it('was charged to the token', async () => {
    const done = (await api.call(listAttempts)).items.filter(({ outcome }) => outcome === 'ok')
    expect(new Set(done.map(({ cost_micro_usd }) => cost_micro_usd))).toEqual(new Set([35]))
    expect(await api.call(verifyBudgets)).toMatchObject({ valid: true, held: { rows: 0 } })
  })

  if (wire === 'chat' && kind === 'openai')
    it('embeds', async () => {
      const embedder = chatOver(api.key).embeddingModel('alias')
      const one = await embed({ model: embedder, value: 'one' })
      const many = await embedMany({ model: embedder, values: ['one', 'two'] })
      expect([one.embedding, one.usage.tokens]).toEqual([[0.25, -0.5], 3])
      expect([many.embeddings, many.usage.tokens]).toEqual([
        [
          [0.25, -0.5],
          [0.25, -0.5],
        ],
        6,
      ])
    })
})

describe('the AI SDK', () => {
  it('asks again by itself only where that may help', async () => {
    const { ours } = await made.twoMore()
    const server = await scriptedKinds.openai.start()
    const base_url = `${server.origin}/nowhere`
    await ours.call(createProvider, { body: { name: 'scripted', kind: 'openai', base_url } })
    await ours.call(createModel, {
      body: { name: 'alias', targets: [{ provider: 'scripted', model: 'scripted', prices }], retries: 0 },
    })
    await server[Symbol.asyncDispose]()
    const model = chatOver(ours.key)('alias')
    const failed = await generateText({ model, prompt: 'Well?', maxRetries: 1 }).catch((error: unknown) => error)
    expect(failed).toMatchObject({ lastError: { statusCode: 502, isRetryable: true } })
    expect((await ours.call(listAttempts)).items).toHaveLength(2)
    const unknown = await generateText({ model: chatOver(ours.key)('gone'), prompt: 'Well?', maxRetries: 1 }).catch(
      (error: unknown) => error,
    )
    expect(unknown).toMatchObject({ statusCode: 404, isRetryable: false })
  })
})
