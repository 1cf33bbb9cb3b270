import { createModel, listAttempts } from '@muster/contract/gateway/model.operations'
import { createProvider } from '@muster/contract/gateway/provider.operations'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../../../test/fixtures.ts'
import { prices } from '../../../test/gateway/calls.ts'
import { type ScriptedServer, scriptedServer } from '../../../test/gateway/script.ts'
import { testProgram } from '../../../test/program.ts'

const made = await testProgram()
const address = await made.app.listen({ port: 0, host: '127.0.0.1' })
const vector = [0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, -0.875]
const base64 = Buffer.from(Float32Array.from(vector).buffer).toString('base64')

/** What a server answers, whatever it was asked for. */
const answers: Readonly<Record<string, readonly object[]>> = {
  numbers: [{ index: 0, embedding: vector }],
  base64: [{ index: 0, embedding: base64 }],
  'no index': [{ embedding: vector }, { embedding: base64 }],
  'another order': [
    { index: 1, embedding: [1] },
    { index: 0, embedding: [0] },
  ],
  'one too few': [{ index: 0, embedding: vector }],
  'one too many': [
    { index: 0, embedding: vector },
    { index: 1, embedding: vector },
    { index: 2, embedding: vector },
  ],
  'two lengths': [
    { index: 0, embedding: vector },
    { index: 1, embedding: vector.slice(1) },
  ],
  'no vector': [{ index: 0, embedding: null }],
  'broken base64': [{ index: 0, embedding: 'AAAA' }],
}

describe('embeddings of a provider that has its own mind', () => {
  let server: ScriptedServer
  let api: ApiClient
  let client: OpenAI
  beforeAll(async () => {
    server = await scriptedServer((response, body) => {
      const model = String(body.model)
      response.writeHead(200, { 'content-type': 'application/json' })
      const data = answers[model]?.map((item) => ({ object: 'embedding', ...item }))
      response.end(JSON.stringify({ object: 'list', model, data, usage: { prompt_tokens: 1, total_tokens: 1 } }))
    })
    api = (await made.twoMore()).ours
    await api.call(createProvider, { body: { name: 'own', kind: 'openai', base_url: `${server.origin}/v1` } })
    for (const model of Object.keys(answers)) {
      const name = model.replaceAll(' ', '-')
      await api.call(createModel, { body: { name, retries: 0, targets: [{ provider: 'own', model, prices }] } })
      const cached = { name: `${name}-cached`, retries: 0, cache: { ttl_ms: 60_000 } }
      await api.call(createModel, { body: { ...cached, targets: [{ provider: 'own', model, prices }] } })
    }
    client = new OpenAI({ baseURL: `${address}/v1`, apiKey: api.key, maxRetries: 0 })
  })
  afterAll(() => server[Symbol.asyncDispose]())
  const rounded = (numbers: readonly number[]) => numbers.map((one) => Math.round(one * 1000) / 1000)

  it.each(['numbers', 'base64', 'numbers-cached', 'base64-cached'])(
    'come in the encoding that was asked for: %s',
    async (model) => {
      // Without a format the client asks for base64 and reads it.
      const { data } = await client.embeddings.create({ model, input: 'x' })
      expect(rounded(data[0]?.embedding ?? [])).toEqual(vector)
      const numbers = await client.embeddings.create({ model, input: 'x', encoding_format: 'float' })
      expect(rounded(numbers.data[0]?.embedding ?? [])).toEqual(vector)
      const text = await client.embeddings.create({ model, input: 'x', encoding_format: 'base64' })
      expect(text.data[0]?.embedding).toBe(base64)
      const again = await client.embeddings.create({ model, input: 'x' })
      expect(rounded(again.data[0]?.embedding ?? [])).toEqual(vector)
    },
  )

  it('come in the order of the inputs', async () => {
    const float = { encoding_format: 'float' as const, input: ['a', 'b'] }
    const mixed = await client.embeddings.create({ model: 'no-index', ...float })
    expect(mixed.data.map(({ index, embedding }) => [index, rounded(embedding)])).toEqual([
      [0, vector],
      [1, vector],
    ])
    const turned = await client.embeddings.create({ model: 'another-order', ...float })
    expect(turned.data.map(({ index, embedding }) => [index, embedding])).toEqual([
      [0, [0]],
      [1, [1]],
    ])
  })

  it.each([
    ['one-too-few', 'returned 1 embeddings for 2 inputs'],
    ['one-too-many', 'returned 3 embeddings for 2 inputs'],
  ])('are refused where they are not as many as the inputs: %s', async (model, problem) => {
    await expect(client.embeddings.create({ model, input: ['a', 'b'] })).rejects.toMatchObject({
      status: 502,
      message: expect.stringContaining(problem),
    })
    expect((await api.call(listAttempts)).items[0]).toMatchObject({ outcome: 'malformed', usage_known: true })
  })

  it('are refused where they have other lengths than each other, or than was asked for', async () => {
    const refused = (problem: string) => ({ status: 502, message: expect.stringContaining(problem) })
    const mixed = client.embeddings.create({ model: 'two-lengths', input: ['a', 'b'], encoding_format: 'float' })
    await expect(mixed).rejects.toMatchObject(refused('an embedding of 7 numbers where 8 were expected'))
    expect((await api.call(listAttempts)).items[0]).toMatchObject({ outcome: 'malformed', usage_known: true })
    for (const model of ['numbers', 'base64'])
      for (const encoding_format of ['float', 'base64'] as const) {
        const short = client.embeddings.create({ model, input: 'a', encoding_format, dimensions: 2 })
        await expect(short).rejects.toMatchObject(refused('an embedding of 8 numbers where 2 were expected'))
        const { data } = await client.embeddings.create({ model, input: 'a', encoding_format, dimensions: 8 })
        expect(data).toHaveLength(1)
      }
  })

  it.each([
    ['no-vector', 'no vector'],
    ['broken-base64', 'not base64 of floats'],
  ])('are refused where they are none: %s', async (model, problem) => {
    const asked = client.embeddings.create({ model, input: 'a', encoding_format: 'float' })
    await expect(asked).rejects.toMatchObject({ status: 502, message: expect.stringContaining(problem) })
  })
})
