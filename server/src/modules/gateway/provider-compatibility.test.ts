import type { AddressInfo } from 'node:net'
import Anthropic from '@anthropic-ai/sdk'
import { createModel, listAttempts, verifyBudgets } from '@muster/contract/gateway/model.operations'
import { createProvider } from '@muster/contract/gateway/provider.operations'
import OpenAI from 'openai'
import { afterAll, describe, expect, it } from 'vitest'
import { startMisbehavingProvider } from '../../../../examples/misbehaving-provider/provider.ts'
import { callOver, fixtureModels, prices } from '../../../test/gateway/calls.ts'
import { json, scriptedServer } from '../../../test/gateway/script.ts'
import { testProgram } from '../../../test/program.ts'

const made = await testProgram()
const { app } = made
await app.listen({ port: 0, host: '127.0.0.1' })
const address = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`

describe('what a server does not take', () => {
  it('is left out of streams once it has refused it, and remembered', async () => {
    const provider = await startMisbehavingProvider()
    const { ours: api } = await made.twoMore()
    const { base_url } = provider
    await fixtureModels(api, { base_url, models: { old: ['no-stream-options'] }, more: { retries: 0 } })
    const asked: (string | null)[] = []
    for (let call = 0; call < 3; call++) {
      const { sees, headers } = await callOver(app, api.key, { model: 'old' })
      expect(sees).toBe('all')
      asked.push(headers.get('x-muster-attempts'))
    }
    expect(asked).toEqual(['2', '1', '1'])
    expect(provider.requests.map(({ body }) => 'stream_options' in body)).toEqual([true, false, false, false])
    expect((await api.call(listAttempts)).items.map(({ outcome }) => outcome)).toEqual(['ok', 'ok', 'ok', 'refused'])
    expect(await api.call(verifyBudgets)).toMatchObject({ valid: true, held: { rows: 0 } })
    await provider[Symbol.asyncDispose]()
  })

  it('is called by its other name where messages are translated', async () => {
    const server = await scriptedServer((response, body: Record<string, unknown>) => {
      const message = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
      if ('max_tokens' in body) return json(response, { error: { message } }, 400)
      const choices = [{ index: 0, message: { role: 'assistant', content: 'So.' }, finish_reason: 'stop' }]
      const usage = { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 }
      return json(response, { id: 'c', object: 'chat.completion', created: 1, model: 'm', choices, usage })
    })
    afterAll(() => server[Symbol.asyncDispose]())
    const { ours: api } = await made.twoMore()
    await api.call(createProvider, { body: { name: 'new', kind: 'openai', base_url: server.origin } })
    const targets = [{ provider: 'new', model: 'm', prices }]
    await api.call(createModel, { body: { name: 'm', targets, retries: 0 } })
    const client = new Anthropic({ baseURL: address, apiKey: api.key, maxRetries: 0 })
    const question = { model: 'm', max_tokens: 5, messages: [{ role: 'user' as const, content: 'Well?' }] }
    for (let call = 0; call < 2; call++)
      expect((await client.messages.create(question)).content).toMatchObject([{ text: 'So.' }])
    expect(server.seen.map(({ body }) => body.max_completion_tokens)).toEqual([undefined, 5, 5])
    // Who chose the name itself is told.
    const { sees } = await callOver(app, api.key, { model: 'm', max_tokens: 5, stream: false })
    expect(sees).toBe('400 invalid')
  })

  it('is left out where thoughts of an earlier answer go back to a server that refuses them', async () => {
    const server = await scriptedServer((response, body: Record<string, unknown>) => {
      if ('input' in body) return json(response, { error: { message: 'Not found' } }, 404)
      if (JSON.stringify(body).includes('reasoning_content'))
        return json(response, { detail: [{ msg: 'Extra inputs are not permitted', loc: ['reasoning_content'] }] }, 422)
      const message = { role: 'assistant', content: 'So.', reasoning: 'Hm.' }
      const usage = { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 }
      const choices = [{ index: 0, message, finish_reason: 'stop' }]
      return json(response, { id: 'c', object: 'chat.completion', created: 1, model: 'm', choices, usage })
    })
    afterAll(() => server[Symbol.asyncDispose]())
    const { ours: api } = await made.twoMore()
    await api.call(createProvider, { body: { name: 'strict', kind: 'openai', base_url: server.origin } })
    const targets = [{ provider: 'strict', model: 'm', prices }]
    await api.call(createModel, { body: { name: 'm', targets, retries: 0 } })
    const client = new OpenAI({ baseURL: `${address}/v1`, apiKey: api.key, maxRetries: 0 })
    const user = { role: 'user' as const, content: 'Well?' }
    const first = await client.responses.create({ model: 'm', input: [user] })
    for (let call = 0; call < 2; call++) {
      const { output_text } = await client.responses.create({ model: 'm', input: [user, ...first.output, user] })
      expect(output_text).toBe('So.')
    }
    const chats = server.seen.filter(({ body }) => 'messages' in body)
    expect(chats.map(({ body }) => JSON.stringify(body).includes('"reasoning_content":"Hm."'))).toEqual([
      false,
      true,
      false,
      false,
    ])
  })
})
