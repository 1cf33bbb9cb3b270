import { readFileSync } from 'node:fs'
import { createModel, listAttempts, verifyBudgets } from '@muster/contract/gateway/model.operations'
import { afterAll, describe, expect, it } from 'vitest'
import { faults, usage, words } from '../../../../examples/misbehaving-provider/faults.ts'
import { startMisbehavingProvider } from '../../../../examples/misbehaving-provider/provider.ts'
import type { ApiClient } from '../../../test/fixtures.ts'
import { callOver, fixtureModels, prices, short_timeouts } from '../../../test/gateway/calls.ts'
import { until } from '../../../test/gateway/scripted-kinds.ts'
import { testProgram } from '../../../test/program.ts'

const provider = await startMisbehavingProvider()
afterAll(() => provider[Symbol.asyncDispose]())
const made = await testProgram()
const { app } = made
await app.listen({ port: 0, host: '127.0.0.1' })

interface Row {
  readonly model: string
  readonly sees: string
  readonly charged: string
  readonly requests: number
}

interface ResumedRow extends Row {
  readonly policy: 'restart' | 'continue'
  readonly then: string
}

/** The tables that people read are the tables that are tested. */
const cells = readFileSync('docs/how-to/models.md', 'utf8')
  .split('\n')
  .filter((line) => /^\| `/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')))
const isPolicy = (text: string | undefined): text is ResumedRow['policy'] => text === 'restart' || text === 'continue'
const rows = cells
  .filter(([, model]) => !isPolicy(model))
  .map(
    ([, model = '', , sees = '', charged = '', requests]): Row => ({
      model,
      sees,
      charged,
      requests: Number(requests),
    }),
  )
const resumed = cells.flatMap(([, policy, model = '', then = '', sees = '', charged = '', requests]): ResumedRow[] =>
  isPolicy(policy) ? [{ policy, model, then, sees, charged, requests: Number(requests) }] : [],
)

const cost = (tokens: { uncached: number; cache_read: number; output: number }): number =>
  tokens.uncached * 1 + Math.ceil(tokens.cache_read * 0.1 + tokens.output * 4)

/** What the scripted provider tells, in our classes. */
function usageOf(model: string) {
  if (model.startsWith('cached')) return { uncached: 8, cache_read: 12, output: words.length }
  if (/^over-(report|long-told):5000/.test(model)) return { uncached: 20, cache_read: 0, output: 5000 }
  if (model === 'reasoning-beside') return { uncached: 20, cache_read: 0, output: words.length + 30 }
  return { uncached: usage.prompt_tokens, cache_read: 0, output: usage.completion_tokens }
}

describe('the fault matrix', () => {
  it('has a row for every fault that ships', () => {
    expect(rows.length).toBeGreaterThan(38)
    const findByNames = new Set(rows.map(({ model }) => model.split(':')[0]))
    expect(Object.keys(faults).filter((name) => !findByNames.has(name))).toEqual([])
  })

  it.each(rows)('$model: $sees; charged $charged; $requests requests', async (row) => {
    const { ours: api } = await made.twoMore()
    await fixtureModels(api, { base_url: provider.base_url, models: { trouble: [row.model] } })
    const asked = await checkRow(api, row)
    // What was cut was closed, too.
    if (row.model.startsWith('over-long')) await until(async () => asked.at(-1)?.aborted === true)
  })

  it.each(resumed)('$policy: $model, then $then: $sees; charged $charged; $requests requests', async (row) => {
    const { ours: api } = await made.twoMore()
    await fixtureModels(api, { base_url: provider.base_url, models: {} })
    const targets = [row.model, ...(row.then === '' ? [] : [row.then])].map((model, at) => ({
      ...{ provider: model === 'offline' ? 'offline' : 'scripted', model, prices },
      weight: at === 0 ? 1 : 0,
    }))
    const retries = row.then === '' ? 1 : 0
    await api.call(createModel, {
      body: { name: 'trouble', targets, retries, timeouts: short_timeouts, on_broken_stream: row.policy },
    })
    const asked = await checkRow(api, row)
    const beginnings = asked.map(({ body }) => (body.messages as { role: string; content: string }[]).at(-1))
    if (row.policy === 'continue' && asked.length > 1) expect(beginnings.at(-1)).toMatchObject({ role: 'assistant' })
    else expect(beginnings.every((one) => one?.role === 'user')).toBe(true)
  })
})

/** Calls `trouble` and compares what comes, what is asked for and what is charged; gives the requests. */
async function checkRow(api: ApiClient, { model, sees, charged, requests }: Row) {
  const before = provider.requests.length
  const got = await callOver(app, api.key, { model: 'trouble', max_tokens: 100 })
  const asked = provider.requests.slice(before)
  expect(asked).toHaveLength(requests)
  expect(got.sees).toBe(sees)
  expect(got.text).not.toContain('"usage"')
  const { items } = await api.call(listAttempts)
  const attempts = [...items].reverse()
  const wanted = charged.split(', then ')
  expect(attempts).toHaveLength(requests)
  for (const [at, attempt] of attempts.entries()) {
    const { held_micro_usd, held_tokens, cost_micro_usd, charged_tokens } = attempt
    expect(held_micro_usd).toBeGreaterThan(90 * 4)
    const told = usageOf(model)
    const tokens = told.uncached + told.cache_read + told.output
    const amounts = {
      nothing: { cost_micro_usd: 0, charged_tokens: 0 },
      hold: { cost_micro_usd: held_micro_usd, charged_tokens: held_tokens },
      usage: { cost_micro_usd: cost(told), charged_tokens: tokens },
    }[wanted[at] ?? wanted.at(-1) ?? '']
    expect({ cost_micro_usd, charged_tokens }).toEqual(amounts)
    expect(attempt.status).not.toBe('live')
  }
  const books = await api.call(verifyBudgets)
  expect(books).toMatchObject({ valid: true, held: { rows: 0 } })
  const sum = items.reduce((total, one) => total + one.cost_micro_usd, 0)
  expect([books.attempts.cost_micro_usd, books.charges.cost_micro_usd]).toEqual([sum, sum])
  expect(prices.output).toBe(4_000_000)
  return asked
}
