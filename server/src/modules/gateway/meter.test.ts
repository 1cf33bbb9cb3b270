import type { AddressInfo } from 'node:net'
import { createModel } from '@muster/contract/gateway/model.operations'
import { afterAll, expect, it } from 'vitest'
import { startMisbehavingProvider } from '../../../../examples/misbehaving-provider/provider.ts'
import { callOver, fixtureModels, prices, short_timeouts } from '../../../test/gateway/calls.ts'
import { testProgram } from '../../../test/program.ts'
import { createMetrics } from '../../platform/metrics.ts'

const made = await testProgram()
const { app, program, ours: api } = made
await app.listen({ port: 0, host: '127.0.0.1' })
const { port } = app.server.address() as AddressInfo
const provider = await startMisbehavingProvider()
afterAll(() => provider[Symbol.asyncDispose]())

it('counts attempts, tokens and times of calls, and answers that were kept, under labels of few values', async () => {
  const metrics = createMetrics({ process: false })
  for (const { registerMetrics } of program.manifests) registerMetrics?.(metrics)
  const { base_url } = provider
  await fixtureModels(api, { base_url, models: { good: ['cached-in'], trouble: ['cut:0'] } })
  const targets = [{ provider: 'scripted', model: 'good', prices }]
  await api.call(createModel, {
    body: { name: 'kept', targets, timeouts: short_timeouts, cache: { ttl_ms: 60_000 } },
  })
  await callOver(app, api.key, { model: 'good' })
  await callOver(app, api.key, { model: 'trouble' })
  for (let call = 0; call < 3; call++) await callOver(app, api.key, { model: 'kept' })
  await fetch(`http://127.0.0.1:${port}/v1/embeddings`, {
    method: 'POST',
    headers: { authorization: `Bearer ${api.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'offline-embed', input: 'one' }),
  })
  const lines = (await metrics.text()).split('\n').filter((line) => !line.startsWith('#'))
  const numberOf = (name: string): number =>
    Number(
      lines
        .find((line) => line.startsWith(`${name} `))
        ?.split(' ')
        .at(-1),
    )
  const chat = 'kind="openai",wire="chat"'
  expect({
    ok: numberOf(`muster_model_attempts_total{${chat},outcome="ok"}`),
    broken: numberOf(`muster_model_attempts_total{${chat},outcome="broken"}`),
    offline: numberOf('muster_model_attempts_total{kind="offline",wire="embeddings",outcome="ok"}'),
    uncached: numberOf('muster_model_tokens_total{kind="openai",class="uncached"}'),
    cache_read: numberOf('muster_model_tokens_total{kind="openai",class="cache_read"}'),
    first: numberOf(`muster_model_first_token_seconds_count{${chat}}`),
    total: numberOf(`muster_model_seconds_count{${chat}}`),
    hits: numberOf('muster_model_cache_total{result="hit"}'),
    misses: numberOf('muster_model_cache_total{result="miss"}'),
  }).toEqual({ ok: 2, broken: 2, offline: 1, uncached: 8 + 20, cache_read: 12, first: 2, total: 4, hits: 2, misses: 1 })
  expect(lines.join('\n')).not.toMatch(/scripted|trouble|good|kept/)
})
