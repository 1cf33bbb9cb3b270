import { readFileSync } from 'node:fs'
import { listAttempts, verifyBudgets } from '@muster/contract/operations/gateway'
import { afterAll, describe, expect, it } from 'vitest'
import { usage, words } from '../../../../examples/misbehaving-provider/faults.ts'
import { startMisbehavingProvider } from '../../../../examples/misbehaving-provider/provider.ts'
import { callOver, fixtureModels, prices } from '../../../test/gateway/calls.ts'
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

/** The table that people read is the table that is tested. */
const rows = readFileSync('docs/how-to/models.md', 'utf8')
  .split('\n')
  .filter((line) => /^\| `/.test(line))
  .map((line): Row => {
    const [, model = '', , sees = '', charged = '', requests = ''] = line.split('|').map((cell) => cell.trim())
    return { model: model.replaceAll('`', ''), sees, charged, requests: Number(requests) }
  })

const cost = (tokens: { uncached: number; cache_read: number; output: number }): number =>
  tokens.uncached * 1 + Math.ceil(tokens.cache_read * 0.1 + tokens.output * 4)

/** What the scripted provider tells, in our classes. */
function usageOf(model: string) {
  if (model.startsWith('cached')) return { uncached: 8, cache_read: 12, output: words.length }
  if (model.startsWith('over-report')) return { uncached: 20, cache_read: 0, output: 5000 }
  return { uncached: usage.prompt_tokens, cache_read: 0, output: usage.completion_tokens }
}

describe('the fault matrix', () => {
  it('has a row for every fault that ships', () => {
    expect(rows.length).toBeGreaterThan(35)
  })

  it.each(rows)('$model: $sees; charged $charged; $requests requests', async ({ model, sees, charged, requests }) => {
    const { ours: seat } = await made.twoMore()
    await fixtureModels(seat, { base_url: provider.base_url, models: { trouble: [model] } })
    const before = provider.requests.length
    const got = await callOver(app, seat.key, { model: 'trouble', max_tokens: 100 })
    const asked = provider.requests.slice(before)
    expect(asked).toHaveLength(requests)
    expect(got.sees).toBe(sees)
    expect(got.text).not.toContain('"usage"')
    const { items } = await seat.call(listAttempts)
    const attempts = [...items].reverse()
    const wanted = charged.split(', then ')
    expect(attempts).toHaveLength(requests)
    for (const [at, attempt] of attempts.entries()) {
      const { held_micro_usd, held_tokens, cost_micro_usd, charged_tokens } = attempt
      expect(held_micro_usd).toBeGreaterThan(100 * 4)
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
    const books = await seat.call(verifyBudgets)
    expect(books).toMatchObject({ valid: true, held: { rows: 0 } })
    const sum = items.reduce((total, one) => total + one.cost_micro_usd, 0)
    expect([books.attempts.cost_micro_usd, books.charges.cost_micro_usd]).toEqual([sum, sum])
    expect(prices.output).toBe(4_000_000)
  })
})
