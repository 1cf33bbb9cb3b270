import type { AddressInfo } from 'node:net'
import Anthropic from '@anthropic-ai/sdk'
import { listAttempts } from '@muster/contract/gateway/model.operations'
import { createKey, listKeys } from '@muster/contract/identity/operations'
import OpenAI from 'openai'
import { afterAll, describe, expect, it } from 'vitest'
import { startMisbehavingProvider } from '../../../../examples/misbehaving-provider/provider.ts'
import type { ApiClient } from '../../../test/fixtures.ts'
import { callOver, fixtureModels } from '../../../test/gateway/calls.ts'
import { testProgram } from '../../../test/program.ts'
import type { KeyedCall } from '../budgets/budgets.port.ts'
import { createKeyLimits } from '../budgets/calls/key-limits.ts'

const made = await testProgram()
const { app } = made
await app.listen({ port: 0, host: '127.0.0.1' })
const address = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
const provider = await startMisbehavingProvider()
afterAll(() => provider[Symbol.asyncDispose]())
const { base_url } = provider
const messages = [{ role: 'user' as const, content: 'Well?' }]

async function newClient(): Promise<ApiClient> {
  const { ours } = await made.twoMore()
  await fixtureModels(ours, { base_url, models: { good: ['good'], refused: ['400'] } })
  return ours
}

describe('a key’s calls of models in a minute', () => {
  it('are refused beyond their number, in the shape of their wire, and say when to come again', async () => {
    const api = await newClient()
    const { key } = await api.call(createKey, { body: { name: 'small', model_requests_per_minute: 2 } })
    for (let call = 0; call < 2; call++) expect((await callOver(app, key, { model: 'good' })).sees).toBe('all')
    const { status, text, headers } = await callOver(app, key, { model: 'good' })
    expect([status, JSON.parse(text).error.type]).toEqual([429, 'rate_limit_error'])
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(60)
    const openai = new OpenAI({ baseURL: `${address}/v1`, apiKey: key, maxRetries: 0 })
    await expect(openai.embeddings.create({ model: 'good', input: 'one' })).rejects.toBeInstanceOf(
      OpenAI.RateLimitError,
    )
    const anthropic = new Anthropic({ baseURL: address, apiKey: key, maxRetries: 0 })
    const asked = anthropic.messages.create({ model: 'good', max_tokens: 5, messages })
    await expect(asked).rejects.toBeInstanceOf(Anthropic.RateLimitError)
    // Other keys of the organization are not held up, and nothing was asked for.
    expect((await callOver(app, api.key, { model: 'good' })).sees).toBe('all')
    expect((await api.call(listAttempts)).items).toHaveLength(3)
  })

  it('are refused when their tokens are used up, by what they took and not by what they might', async () => {
    const api = await newClient()
    const { key } = await api.call(createKey, { body: { name: 'small', model_tokens_per_minute: 65 } })
    // Each takes 30 tokens, and may take more than all of the minute.
    const seen: string[] = []
    for (let call = 0; call < 4; call++) seen.push((await callOver(app, key, { model: 'good', max_tokens: 100 })).sees)
    expect(seen).toEqual(['all', 'all', 'all', '429 rate_limited'])
    const other = await api.call(createKey, { body: { name: 'other', model_tokens_per_minute: 1 } })
    // What was refused took nothing.
    for (let call = 0; call < 2; call++)
      expect((await callOver(app, other.key, { model: 'refused' })).sees).toBe('400 invalid')
  })

  it('are shown with the key, and a key gives away no more than it has', async () => {
    const api = await newClient()
    const limits = { model_requests_per_minute: 10, model_tokens_per_minute: 1_000 }
    const made_key = await api.call(createKey, { body: { name: 'small', ...limits } })
    expect((await api.call(listKeys)).items.find(({ id }) => id === made_key.id)).toMatchObject(limits)
    const ask = (body: object) =>
      fetch(`${address}/api/v1/api-keys`, {
        method: 'POST',
        headers: { authorization: `Bearer ${made_key.key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'smaller', ...body }),
      }).then(async (answer) => (await answer.json()) as { data: unknown; error: unknown })
    expect((await ask({})).data).toMatchObject(limits)
    expect((await ask({ model_requests_per_minute: 3 })).data).toMatchObject({
      ...limits,
      model_requests_per_minute: 3,
    })
    const more = await ask({ model_tokens_per_minute: 1_001 })
    expect(more.error).toMatchObject({ code: 'invalid', detail: { field: 'model_tokens_per_minute' } })
    expect((await api.call(createKey, { body: { name: 'free' } })).model_requests_per_minute).toBeUndefined()
  })
})

describe('the count of a key', () => {
  const call: KeyedCall = { key_id: 'k' }
  const spend = (tokens: number) => ({ cost_micro_usd: 0, tokens })

  it('begins anew with each minute, and what a minute gave back stays in it', () => {
    let now = 0
    const limit = createKeyLimits(() => now)
    const limited = { ...call, limits: { requests_per_minute: 10, tokens_per_minute: 100 } }
    const first = limit(limited)
    expect(first?.hold(spend(100))).toBe(true)
    // The worst counts until it is known better.
    expect(() => limit(limited)).toThrow('100 tokens per minute')
    first?.settle(spend(100), spend(40))
    const second = limit(limited)
    second?.hold(spend(10))
    now = 60_000
    limit(limited)?.hold(spend(99))
    second?.settle(spend(10), spend(0))
    const third = limit(limited)
    third?.hold(spend(0))
    third?.settle(spend(0), spend(1))
    expect(() => limit(limited)).toThrow('100 tokens per minute')
  })

  it('leaves keys without limits, and runs, as they are', () => {
    const limit = createKeyLimits()
    const run_budget = { hold: () => false, settle: () => {} }
    expect(limit(call)).toBeUndefined()
    expect(limit({ ...call, run_budget })).toBe(run_budget)
    const unkeyed = { ...call, key_id: null, run_budget, limits: { requests_per_minute: 1 } }
    expect([limit(unkeyed), limit(unkeyed)]).toEqual([run_budget, run_budget])
    expect(limit({ ...call, run_budget, limits: { tokens_per_minute: 1 } })?.hold(spend(5))).toBe(false)
    // What the run's own run_budget refused was not counted.
    expect(() => limit({ ...call, limits: { tokens_per_minute: 1 } })).not.toThrow()
  })
})
