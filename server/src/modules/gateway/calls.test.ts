import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createBudget, listBudgets } from '@muster/contract/budgets/operations'
import {
  createModel,
  deleteModel,
  getModel,
  listAttempts,
  listModelVersions,
  putModel,
  verifyBudgets,
} from '@muster/contract/gateway/model.operations'
import {
  changeProvider,
  createProvider,
  deleteProvider,
  listProviders,
  testProvider,
} from '@muster/contract/gateway/provider.operations'
import { createKey, revokeKey } from '@muster/contract/identity/operations'
import { stopOrganization } from '@muster/contract/projects/operations'
import { afterAll, describe, expect, it } from 'vitest'
import { startMisbehavingProvider } from '../../../../examples/misbehaving-provider/provider.ts'
import type { ApiClient } from '../../../test/fixtures.ts'
import { callOver, fixtureModels, prices, short_timeouts } from '../../../test/gateway/calls.ts'
import { testProgram } from '../../../test/program.ts'

const provider = await startMisbehavingProvider()
afterAll(() => provider[Symbol.asyncDispose]())
const made = await testProgram()
const { app, database } = made
await app.listen({ port: 0, host: '127.0.0.1' })
const { port } = app.server.address() as AddressInfo
const url = `http://127.0.0.1:${port}/v1/chat/completions`
const { base_url } = provider
const question = { messages: [{ role: 'user', content: 'Well?' }], max_tokens: 100 }

const own = async (): Promise<ApiClient> => (await made.twoMore()).ours
const attempts = async (api: ApiClient) => [...(await api.call(listAttempts)).items].reverse()
const held = async (api: ApiClient) => (await api.call(verifyBudgets)).held.rows

/** Looks again until it is so; the server's own work behind a closed connection tells nobody. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setImmediate(resolve))
}

describe('a client that goes away midway', () => {
  it.each([
    ['cancel', 'client_gone'],
    ['drain', 'ok'],
  ] as const)('%s', async (on_client_gone, outcome) => {
    const api = await own()
    const model = on_client_gone === 'cancel' ? 'stall:3' : 'drip'
    const timeouts = { connect_ms: 2_000, first_token_ms: 20_000, idle_ms: 20_000, total_ms: 60_000 }
    await fixtureModels(api, { base_url, models: { trouble: [model] }, more: { on_client_gone, timeouts } })
    const controller = new AbortController()
    const answer = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${api.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...question, model: 'trouble', stream: true }),
      signal: controller.signal,
    })
    await answer.body?.getReader().read()
    controller.abort()
    await until(async () => (await attempts(api))[0]?.status !== 'live')
    const [attempt] = await attempts(api)
    expect(attempt).toMatchObject({ outcome, usage_known: outcome === 'ok' })
    expect(attempt?.cost_micro_usd).toBe(outcome === 'ok' ? 60 : attempt?.held_micro_usd)
    const seen = provider.requests.at(-1)
    await until(async () => seen?.aborted === (outcome === 'client_gone'))
    expect(await api.call(verifyBudgets)).toMatchObject({ valid: true, held: { rows: 0 } })
  })

  it('before the first content, and without a stream', async () => {
    const api = await own()
    const timeouts = { connect_ms: 2_000, first_token_ms: 20_000, idle_ms: 20_000, total_ms: 60_000 }
    await fixtureModels(api, {
      base_url,
      models: { trouble: ['half-open', 'good'] },
      more: { timeouts, pin: { provider: 'scripted', model: 'half-open' } },
    })
    for (const stream of [true, false]) {
      const before = provider.requests.length
      const controller = new AbortController()
      const gone = fetch(url, {
        method: 'POST',
        headers: { authorization: `Bearer ${api.key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ ...question, model: 'trouble', stream }),
        signal: controller.signal,
      })
      await until(async () => provider.requests.length > before)
      controller.abort()
      await expect(gone).rejects.toThrow()
      await until(async () => provider.requests[before]?.aborted === true)
      await until(async () => (await held(api)) === 0 && (await attempts(api)).every(({ status }) => status !== 'live'))
    }
    expect((await attempts(api)).map(({ outcome }) => outcome)).toEqual(['client_gone', 'client_gone'])
  })
})

describe('fallbacks', () => {
  it('take over before the first content and pay each for itself', async () => {
    const api = await own()
    await fixtureModels(api, {
      base_url,
      models: { spare: ['good'], trouble: ['500', 'short:0'] },
      more: { retries: 0 },
    })
    const {
      version: _version,
      created_at: _at,
      versioned_at: _since,
      name: _name,
      ...before
    } = await api.call(getModel, { params: { name: 'trouble' } })
    const targets = before.targets.map((target, at) => ({ ...target, weight: at === 0 ? 1 : 0 }))
    await api.call(putModel, {
      params: { name: 'trouble' },
      body: { ...before, targets, fallbacks: ['spare', 'offline'] },
    })
    const got = await callOver(app, api.key, { ...question, model: 'trouble' })
    expect(got.sees).toBe('all')
    expect(got.headers.get('x-muster-model')).toBe('spare@1')
    expect(got.headers.get('x-muster-attempts')).toBe('3')
    const all = await attempts(api)
    expect(all.map(({ provider_model, outcome, number }) => [provider_model, outcome, number])).toEqual([
      ['500', 'overloaded', 1],
      ['short:0', 'broken', 2],
      ['good', 'ok', 3],
    ])
    expect(new Set(all.map(({ call_id }) => call_id)).size).toBe(1)
  })

  it('never take over behind the first content', async () => {
    const api = await own()
    await fixtureModels(api, {
      base_url,
      models: { trouble: ['cut:3'], good: ['good'] },
      more: { fallbacks: ['offline'] },
    })
    expect((await callOver(app, api.key, { ...question, model: 'trouble' })).sees).toBe('3 words, then provider_failed')
    expect(await attempts(api)).toHaveLength(1)
  })

  it('leave a provider alone that fails again and again', async () => {
    const api = await own()
    await fixtureModels(api, { base_url, models: { trouble: ['500'] }, more: { retries: 0 } })
    const before = provider.requests.length
    const seen: string[] = []
    for (let call = 0; call < 7; call++)
      seen.push((await callOver(app, api.key, { ...question, model: 'trouble' })).sees)
    expect(seen.slice(0, 5)).toEqual(Array(5).fill('502 provider_failed'))
    expect(seen.slice(5)).toEqual(['503 unavailable', '503 unavailable'])
    expect(provider.requests.length - before).toBe(5)
  })
})

describe('budgets', () => {
  it('record what was over-reported, and close', async () => {
    const api = await own()
    await fixtureModels(api, { base_url, models: { dear: ['over-report:5000'] } })
    await api.call(createBudget, { body: { scope: { kind: 'organization' }, cost_micro_usd: 10_000 } })
    expect((await callOver(app, api.key, { ...question, model: 'dear' })).sees).toBe('all')
    const [budget] = (await api.call(listBudgets)).items
    expect(budget).toMatchObject({ closed: true, held: { cost_micro_usd: 0 }, used: { cost_micro_usd: 20_020 } })
    const before = provider.requests.length
    expect((await callOver(app, api.key, { ...question, model: 'dear' })).sees).toBe('402 budget_exceeded')
    expect(provider.requests).toHaveLength(before)
  })

  it('are never admitted over, however many ask at once', async () => {
    const api = await own()
    const { id } = await api.project()
    await fixtureModels(api, { base_url, models: { good: ['good'] } })
    await api.call(createBudget, { body: { scope: { kind: 'organization' }, cost_micro_usd: 3_000 } })
    await api.call(createBudget, { body: { scope: { kind: 'project', id }, cost_micro_usd: 1_500 } })
    const answers = await Promise.all(
      Array.from({ length: 60 }, () =>
        fetch(url, {
          method: 'POST',
          headers: { authorization: `Bearer ${api.key}`, 'content-type': 'application/json', 'x-muster-project': id },
          body: JSON.stringify({ ...question, model: 'good' }),
        }).then(async (answer) => [answer.status, await answer.text()] as const),
      ),
    )
    expect(new Set(answers.map(([status]) => status))).toEqual(new Set([200, 402]))
    const { items } = await api.call(listBudgets)
    for (const { used, cost_micro_usd, held: now, closed } of items) {
      expect(used.cost_micro_usd).toBeLessThanOrEqual(cost_micro_usd ?? 0)
      expect([now.cost_micro_usd, closed]).toEqual([0, false])
    }
    const books = await api.call(verifyBudgets)
    expect(books).toMatchObject({ valid: true, attempts: { cost_micro_usd: items[0]?.used.cost_micro_usd } })
  })

  it('are charged the hold for attempts whose process is gone; the sweep may run twice', async () => {
    const api = await own()
    await fixtureModels(api, { base_url, models: { good: ['good'] } })
    await api.call(createBudget, { body: { scope: { kind: 'organization' }, cost_micro_usd: 1_000_000 } })
    await callOver(app, api.key, { ...question, model: 'good' })
    const [attempt] = await attempts(api)
    // As a killed process leaves it: live, held for, not charged.
    const id = attempt?.id
    await database.sql(`delete from budgets_charges where id = $1`, [id])
    await database.sql(
      `insert into budgets_holds (organization_id, id, cost_micro_usd, tokens, balances)
       select b.organization_id, $1, $2, $3, json_build_array(json_build_object('limit_id', b.limit_id, 'window_start', b.window_start, 'goal_id', b.goal_id))
       from budgets_balances b where organization_id = $4`,
      [id, attempt?.held_micro_usd, attempt?.held_tokens, api.organization_id],
    )
    await database.sql(
      `update budgets_balances set used_micro_usd = 0, used_tokens = 0, held_micro_usd = $1, held_tokens = $2 where organization_id = $3`,
      [attempt?.held_micro_usd, attempt?.held_tokens, api.organization_id],
    )
    await database.sql(
      `update gateway_attempts set status = 'live', outcome = null, cost_micro_usd = 0 where id = $1`,
      [id],
    )
    const sweep = made.program.manifests.flatMap(({ jobs = [] }) => jobs).find(({ name }) => name === 'gateway.lost')
    await sweep?.run()
    expect(await attempts(api)).toMatchObject([{ status: 'live' }])
    await database.clock.advance(10 * 60_000)
    await Promise.all([sweep?.run(), sweep?.run()])
    await sweep?.run()
    expect(await attempts(api)).toMatchObject([{ outcome: 'lost', cost_micro_usd: attempt?.held_micro_usd }])
    const books = await api.call(verifyBudgets)
    expect(books).toMatchObject({
      valid: true,
      held: { rows: 0 },
      charges: { cost_micro_usd: attempt?.held_micro_usd },
    })
    const [budget] = (await api.call(listBudgets)).items
    expect(budget).toMatchObject({ held: { cost_micro_usd: 0 }, used: { cost_micro_usd: attempt?.held_micro_usd } })
  })

  it('a key that was revoked calls no model, and learns nothing of any', async () => {
    const api = await own()
    await fixtureModels(api, { base_url, models: { good: ['good'] } })
    const made = await api.call(createKey, { body: { name: 'short-lived', permissions: ['models:use'] } })
    expect((await callOver(app, made.key, { ...question, model: 'good' })).sees).toBe('all')
    await api.call(revokeKey, { params: { id: made.id } })
    const before = provider.requests.length
    for (const model of ['good', 'offline', 'no-such-model'])
      expect((await callOver(app, made.key, { ...question, model })).sees).toBe('401 unauthenticated')
    expect([provider.requests.length, (await attempts(api)).length]).toEqual([before, 1])
  })

  it('an emergency stop calls no model', async () => {
    const api = await own()
    await fixtureModels(api, { base_url, models: { good: ['good'] } })
    await api.call(stopOrganization, { params: { id: api.organization_id }, body: { reason: 'a drill' } })
    expect((await callOver(app, api.key, { ...question, model: 'good' })).sees).toBe('409 stopped')
    expect(await attempts(api)).toEqual([])
  })
})

describe('what passes through', () => {
  it('is the body as it came, but for the model and the request for usage; the key is the provider’s', async () => {
    const api = await own()
    await fixtureModels(api, { base_url, models: { alias: ['good'] } })
    const image = {
      type: 'image_url',
      image_url: { url: `data:image/png;base64,${'A'.repeat(3_000_000)}`, detail: 'low' },
    }
    const body = {
      messages: [{ role: 'user', content: [{ type: 'text', text: 'See:' }, image], future_field: { a: [1, null] } }],
      tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object' }, strict: true } }],
      response_format: { type: 'json_schema', json_schema: { name: 's', schema: { type: 'object' } } },
      seed: 7,
      max_tokens: 50,
    }
    await callOver(app, api.key, { ...body, model: 'alias' })
    const seen = provider.requests.at(-1)
    expect(seen?.body).toEqual({ ...body, model: 'good', stream: true, stream_options: { include_usage: true } })
    expect(seen?.authorization).toBe('Bearer sk-scripted')
    const [attempt] = await attempts(api)
    // Three megabytes of a picture are not a million tokens of text.
    expect(attempt?.held_tokens).toBeLessThan(3_000)
  })

  it('is usage where the client asked for it', async () => {
    const api = await own()
    await fixtureModels(api, { base_url, models: { alias: ['good'] } })
    const { text } = await callOver(app, api.key, {
      ...question,
      model: 'alias',
      stream_options: { include_usage: true },
    })
    expect(text.match(/"usage":/g)).toHaveLength(1)
  })
})

describe('models', () => {
  it('have versions with dates, pins, and a way back', async () => {
    const api = await own()
    await fixtureModels(api, { base_url, models: { alias: ['good', 'crlf'] } })
    const params = { name: 'alias' }
    const { version, created_at, versioned_at, name, ...first } = await api.call(getModel, { params })
    expect([version, name, created_at <= versioned_at]).toEqual([1, 'alias', true])
    const pinned = await api.call(putModel, {
      params,
      body: { ...first, pin: { provider: 'scripted', model: 'crlf' } },
    })
    expect(pinned.version).toBe(2)
    for (let call = 0; call < 5; call++) await callOver(app, api.key, { ...question, model: 'alias' })
    const all = await attempts(api)
    expect(all.map(({ provider_model, model_version }) => `${provider_model} ${model_version}`)).toEqual(
      Array(5).fill('crlf 2'),
    )
    await api.call(putModel, { params, body: first })
    const { items } = await api.call(listModelVersions, { params, query: { limit: 2 } })
    expect(items.map(({ version: one, pin }) => [one, pin?.model])).toEqual([
      [3, undefined],
      [2, 'crlf'],
    ])
  })

  it('lead nowhere that is not there', async () => {
    const api = await own()
    await fixtureModels(api, { base_url, models: { alias: ['good'] } })
    const target = { provider: 'scripted', model: 'good', prices }
    const wrong = [
      { targets: [{ ...target, provider: 'other' }] },
      { targets: [{ ...target, provider: 'offline' }] },
      { targets: [target], pin: { provider: 'scripted', model: 'other' } },
      { targets: [target], fallbacks: ['gone'] },
      { targets: [target], fallbacks: ['new'] },
      { targets: [{ provider: 'scripted', model: 'good' }] },
    ]
    for (const body of wrong) {
      const { error } = await api.send(createModel, { body: { name: 'new', ...body } as never })
      expect(error?.code).toBe('invalid')
    }
    expect((await api.send(createModel, { body: { name: 'offline', targets: [target] } })).error?.code).toBe('exists')
    await api.call(createModel, { body: { name: 'new', targets: [target], fallbacks: ['alias'] } })
    expect((await api.send(deleteModel, { params: { name: 'alias' } })).error?.code).toBe('exists')
    const [{ id } = { id: '' }] = (await api.call(listProviders)).items
    expect((await api.send(deleteProvider, { params: { id } })).error?.code).toBe('exists')
    for (const name of ['new', 'alias']) await api.call(deleteModel, { params: { name } })
    await api.call(deleteProvider, { params: { id } })
    expect((await callOver(app, api.key, { ...question, model: 'alias' })).sees).toBe('404 not_found')
  })

  it('of others are nobody’s', async () => {
    const [api, other] = [await own(), await own()]
    await fixtureModels(api, { base_url, models: { alias: ['good'] } })
    expect((await callOver(app, other.key, { ...question, model: 'alias' })).sees).toBe('404 not_found')
    expect((await other.send(getModel, { params: { name: 'alias' } })).status).toBe(404)
  })
})

describe('providers', () => {
  it('never show a key, and keep it sealed', async () => {
    const api = await own()
    const body = { name: 'secretive', kind: 'openai' as const, base_url: `${base_url}/`, api_key: 'sk-very-secret' }
    const answer = await api.send(createProvider, { body })
    expect([answer.status, answer.text.includes('sk-very-secret')]).toEqual([201, false])
    expect(answer.data).toMatchObject({ has_key: true, base_url })
    const rows = await database.sql('select * from gateway_providers where organization_id = $1', [api.organization_id])
    expect(JSON.stringify(rows)).not.toContain('sk-very-secret')
    expect(JSON.stringify(await database.events(api.organization_id))).not.toContain('sk-very-secret')
    const { id } = answer.data as { id: string }
    expect(await api.call(testProvider, { params: { id } })).toMatchObject({
      works: true,
      models: expect.arrayContaining(['good']),
    })
  })

  it('lose their key with their address, unless another comes with it', async () => {
    const api = await own()
    const body = { name: 'moving', kind: 'openai' as const, base_url, api_key: 'sk-very-secret' }
    const { id } = await api.call(createProvider, { body })
    const params = { id }
    const stays = await api.call(changeProvider, { params, body: { base_url: `${base_url}/` } })
    expect(stays.has_key).toBe(true)
    const stolen: (string | undefined)[] = []
    const thief = createServer((request, response) => {
      stolen.push(request.headers.authorization)
      response.end('{"data":[]}')
    })
    await new Promise<void>((resolve) => thief.listen(0, '127.0.0.1', resolve))
    const elsewhere = `http://127.0.0.1:${(thief.address() as AddressInfo).port}`
    const moved = await api.call(changeProvider, { params, body: { base_url: elsewhere } })
    expect(moved.has_key).toBe(false)
    await api.call(testProvider, { params })
    const sealed = await database.sql('select sealed_key from gateway_providers where id = $1', [id])
    expect(sealed).toEqual([{ sealed_key: null }])
    await api.call(changeProvider, { params, body: { api_key: 'sk-new' } })
    await api.call(testProvider, { params })
    expect(stolen).toEqual([undefined, 'Bearer sk-new'])
    thief.close()
    // Who can write to the database still cannot send a key elsewhere: it is sealed for its address.
    await database.sql('update gateway_providers set base_url = $1 where id = $2', [base_url, id])
    expect(await api.call(testProvider, { params })).toMatchObject({
      works: false,
      problem: expect.stringContaining('cannot be decrypted'),
    })
  })

  it('are not reached at private addresses that the operator did not allow', async () => {
    const api = await own()
    for (const address of ['http://10.0.0.1/v1', 'http://169.254.169.254/latest', 'http://[fd00::1]/v1']) {
      const { id } = await api.call(createProvider, {
        body: { name: `p${address.length}`, kind: 'openai', base_url: address },
      })
      const tested = await api.call(testProvider, { params: { id } })
      expect(tested).toMatchObject({ works: false, problem: expect.stringContaining('MUSTER_MODEL_ADDRESSES') })
    }
    for (const wrong of [
      'https://user:pw@models.example.org',
      'https://models.example.org/?a=1',
      'https://models.example.org/#a',
    ]) {
      const { error } = await api.send(createProvider, { body: { name: 'wrong', kind: 'openai', base_url: wrong } })
      expect(error).toMatchObject({ code: 'invalid', detail: { field: 'base_url' } })
    }
    expect(short_timeouts.idle_ms).toBeLessThan(1_000)
  })
})
