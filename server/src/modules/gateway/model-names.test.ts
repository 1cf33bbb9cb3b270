import Anthropic from '@anthropic-ai/sdk'
import {
  createModel,
  deleteModel,
  getModel,
  listAttempts,
  listModelVersions,
  putModel,
} from '@muster/contract/gateway/model.operations'
import { createProvider } from '@muster/contract/gateway/provider.operations'
import OpenAI from 'openai'
import { afterAll, describe, expect, it } from 'vitest'
import { prices } from '../../../test/gateway/calls.ts'
import { scriptedKinds } from '../../../test/gateway/scripted-kinds.ts'
import { testProgram } from '../../../test/program.ts'

const made = await testProgram()
const address = await made.app.listen({ port: 0, host: '127.0.0.1' })
const { start, base } = scriptedKinds.openai
const server = await start()
afterAll(() => server[Symbol.asyncDispose]())
const api = (await made.twoMore()).ours
const name = 'meta-llama/Llama-3.3-70B-Instruct:free'
const targets = [{ provider: 'scripted', model: 'accounts/some/models/llama', prices }]

describe('a model whose name has slashes', () => {
  it('is made, changed, listed and called', async () => {
    await api.call(createProvider, {
      body: { name: 'scripted', kind: 'openai', base_url: base(server.origin), api_key: 'sk-scripted' },
    })
    await api.call(createModel, { body: { name, targets } })
    await api.call(putModel, { params: { name }, body: { targets, fallbacks: [] } })
    await api.call(createModel, { body: { name: 'plain', targets, fallbacks: [name] } })
    expect(await api.call(getModel, { params: { name } })).toMatchObject({ name, version: 2 })
    expect((await api.call(listModelVersions, { params: { name } })).items).toHaveLength(2)
    const client = new OpenAI({ baseURL: `${address}/v1`, apiKey: api.key, maxRetries: 0 })
    const { data, response } = await client.chat.completions
      .create({ model: name, messages: [{ role: 'user', content: 'Hello' }] })
      .withResponse()
    expect(data.choices).toHaveLength(1)
    expect(response.headers.get('x-muster-model')).toBe(`${name}@2`)
    expect((await api.call(listAttempts)).items[0]).toMatchObject({
      model: name,
      provider_model: 'accounts/some/models/llama',
    })
    expect((await client.models.list()).data.map(({ id }) => id)).toContain(name)
  })

  it.each([
    ['plain', name],
    ['encoded', encodeURIComponent(name)],
    ['encoded in lower case', name.replace('/', '%2f')],
  ])('is found at its address, %s', async (_how, path) => {
    const headers = { authorization: `Bearer ${api.key}` }
    const answer = await fetch(`${address}/v1/models/${path}`, { headers })
    expect([answer.status, await answer.json()]).toEqual([200, expect.objectContaining({ id: name, object: 'model' })])
    const anthropic = await fetch(`${address}/v1/models/${path}`, {
      headers: { ...headers, 'anthropic-version': '2023-06-01' },
    })
    expect(await anthropic.json()).toMatchObject({ id: name, type: 'model' })
  })

  it('is found by the official clients', async () => {
    const openai = new OpenAI({ baseURL: `${address}/v1`, apiKey: api.key, maxRetries: 0 })
    const anthropic = new Anthropic({ baseURL: address, apiKey: api.key, maxRetries: 0 })
    expect(await openai.models.retrieve(name)).toMatchObject({ id: name })
    expect(await anthropic.models.retrieve(name)).toMatchObject({ id: name })
    await expect(openai.models.retrieve('meta-llama/none')).rejects.toMatchObject({ status: 404 })
  })

  it('has no empty part and none that begins with a dot', async () => {
    for (const wrong of ['/a', 'a/', 'a//b', 'a/../b', 'a/./b', 'a/.b']) {
      const { status } = await api.send(createModel, { body: { name: wrong, targets } })
      expect([wrong, status]).toEqual([wrong, 422])
    }
  })

  it('is deleted', async () => {
    await api.call(deleteModel, { params: { name: 'plain' } })
    await api.call(deleteModel, { params: { name } })
    const answer = await fetch(`${address}/v1/models/${name}`, { headers: { authorization: `Bearer ${api.key}` } })
    expect(answer.status).toBe(404)
  })
})
