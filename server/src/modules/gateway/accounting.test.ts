import { readFileSync } from 'node:fs'
import { createBudget, listBudgets } from '@muster/contract/operations/budgets'
import { verifyBudgets } from '@muster/contract/operations/gateway'
import { describe, expect, it } from 'vitest'
import { listFiles } from '../../../../tools/source-files.ts'
import type { Seat } from '../../../test/fixtures.ts'
import { testProgram } from '../../../test/program.ts'
import { newId } from '../../platform/ids.ts'
import { type Accounting, type AccountingOptions, createAccounting } from './operations/accounting.ts'
import { no_usage } from './rules/usage.ts'
import type { EndedAttempt, NewAttempt } from './store/attempts.store.ts'

const made = await testProgram()
const { program, database } = made
const { budgets, projects } = program
const { engine } = database

const cost = 100
const tokens = 10

function attemptOf(seat: Seat, more: Partial<NewAttempt> = {}): NewAttempt {
  return {
    organization_id: seat.organization_id,
    project_id: null,
    goal_id: null,
    agent_id: null,
    id: newId(),
    call_id: newId(),
    number: 1,
    request_id: 'r',
    key_id: null,
    wire: 'chat',
    streamed: false,
    model: 'm',
    model_version: 1,
    provider: 'p',
    provider_model: 'm',
    held_micro_usd: cost,
    held_tokens: tokens,
    deadline_ms: 60_000,
    ...more,
  }
}

type Ending = Pick<EndedAttempt, 'outcome' | 'usage_known' | 'cost_micro_usd' | 'charged_tokens'>

/** Ended well, over-reported by 30 %, failed without use, gone without a word: one after the other. */
const endings: readonly Ending[] = [
  { outcome: 'ok', usage_known: true, cost_micro_usd: 60, charged_tokens: 6 },
  { outcome: 'ok', usage_known: true, cost_micro_usd: 130, charged_tokens: 13 },
  { outcome: 'overloaded', usage_known: true, cost_micro_usd: 0, charged_tokens: 0 },
  { outcome: 'client_gone', usage_known: false, cost_micro_usd: cost, charged_tokens: tokens },
]

async function race(accounting: Accounting, attempts: readonly NewAttempt[]) {
  let admitted = 0
  let excess = 0
  const refusals: string[] = []
  await Promise.all(
    attempts.map(async (attempt, at) => {
      try {
        await accounting.begin(attempt)
      } catch (error) {
        refusals.push((error as { code: string }).code)
        return
      }
      admitted += 1
      const ending = endings[at % endings.length] ?? endings[0]
      if (!ending) return
      excess += Math.max(0, ending.cost_micro_usd - cost)
      const { organization_id, id } = attempt
      const times = { first_token_ms: 1, total_ms: 1, http_status: undefined }
      await accounting.end({ organization_id, id, usage: no_usage, ...times, ...ending })
    }),
  )
  return { admitted, excess, refusals }
}

async function nestedSeat() {
  const { ours: seat } = await made.twoMore()
  const [one, other] = [(await seat.project()).id, (await seat.project()).id]
  const { id: agent_id } = await seat.agent()
  const limit = (kind: 'organization' | 'project' | 'agent', id: string | undefined, cost_micro_usd: number) =>
    seat.call(createBudget, { body: { scope: { kind, ...(id && { id }) }, cost_micro_usd } })
  await limit('organization', undefined, 30_000)
  await limit('project', one, 10_000)
  await limit('agent', agent_id, 15_000)
  const attempts = Array.from({ length: 1_200 }, (_, at) =>
    attemptOf(seat, {
      project_id: at % 3 === 0 ? null : at % 3 === 1 ? one : other,
      agent_id: at % 2 === 0 ? agent_id : null,
    }),
  )
  return { seat, attempts }
}

/** What is wrong with the books of a race; empty where they are in order. */
async function faultsOf(seat: Seat, excess: number): Promise<string[]> {
  const faults: string[] = []
  for (const { scope, used, held, cost_micro_usd = 0 } of (await seat.call(listBudgets)).items) {
    if (used.cost_micro_usd > cost_micro_usd + excess) faults.push(`${scope.kind} used ${used.cost_micro_usd}`)
    if (held.cost_micro_usd !== 0 || held.tokens !== 0) faults.push(`${scope.kind} still holds ${held.cost_micro_usd}`)
    if (used.cost_micro_usd === 0) faults.push(`${scope.kind} was charged nothing`)
  }
  const books = await seat.call(verifyBudgets)
  if (!books.valid) faults.push('the books disagree')
  if (books.attempts.cost_micro_usd !== books.charges.cost_micro_usd) faults.push('the sums differ')
  const [all] = (await seat.call(listBudgets)).items.filter(({ scope }) => scope.kind === 'organization')
  if (all?.used.cost_micro_usd !== books.charges.cost_micro_usd)
    faults.push('the balance is not the sum of the charges')
  return faults
}

describe('attempts that race for nested budgets', () => {
  it('are never admitted over a limit, leave nothing held, and are charged what they cost', async () => {
    const { seat, attempts } = await nestedSeat()
    const accounting = createAccounting({ engine, budgets, projects })
    const { admitted, excess, refusals } = await race(accounting, attempts)
    expect(admitted).toBeGreaterThan(100)
    expect(new Set(refusals)).toEqual(new Set(['budget_exceeded']))
    expect(await faultsOf(seat, excess)).toEqual([])
  })

  /** Defects that have cost others money; each must be seen by what the test above looks at. */
  const defects: Readonly<Record<string, (options: AccountingOptions['budgets']) => AccountingOptions['budgets']>> = {
    'releases where it should settle': (real) => ({
      ...real,
      settle: (tx, settlements) => real.release(tx, settlements),
    }),
    'loses the usage of who has gone': (real) => ({
      ...real,
      settle: (tx, settlements) =>
        real.settle(
          tx,
          settlements.filter(({ usage }) => usage !== undefined),
        ),
    }),
    'charges nothing where usage is unknown': (real) => ({
      ...real,
      settle: (tx, settlements) =>
        real.settle(
          tx,
          settlements.map((one) => ({ ...one, usage: one.usage ?? { cost_micro_usd: 0, tokens: 0 } })),
        ),
    }),
    'holds on one scope less': (real) => ({
      ...real,
      holdCalls: (tx, calls) =>
        real.holdCalls(
          tx,
          calls.map((call) => ({ ...call, project_id: null, agent_id: null })),
        ),
    }),
    'never gives back what was not used': (real) => ({ ...real, release: async () => {} }),
  }
  it.each(Object.entries(defects))('would show that somebody %s', async (_defect, tamper) => {
    const { seat, attempts } = await nestedSeat()
    const accounting = createAccounting({ engine, budgets: tamper(budgets), projects })
    const { excess } = await race(accounting, attempts)
    expect(await faultsOf(seat, excess)).not.toEqual([])
  })

  it('end once, however often that is said', async () => {
    const { ours: seat } = await made.twoMore()
    await seat.call(createBudget, { body: { scope: { kind: 'organization' }, cost_micro_usd: 1_000 } })
    const accounting = createAccounting({ engine, budgets, projects })
    const attempt = attemptOf(seat)
    await accounting.begin(attempt)
    const [ending] = endings
    if (!ending) throw new Error('there is no ending')
    const times = { first_token_ms: undefined, total_ms: 1, http_status: 200 }
    const ended = { organization_id: seat.organization_id, id: attempt.id, usage: no_usage, ...times, ...ending }
    await Promise.all([accounting.end(ended), accounting.end({ ...ended, cost_micro_usd: 999 }), accounting.sweep()])
    await accounting.end(ended)
    const [budget] = (await seat.call(listBudgets)).items
    expect(budget).toMatchObject({ used: { cost_micro_usd: 60 }, held: { cost_micro_usd: 0 } })
    expect(await seat.call(verifyBudgets)).toMatchObject({ valid: true, charges: { rows: 1 } })
  })
})

it('is the gateway alone that speaks to vendors of models', () => {
  const root = process.cwd()
  const vendors =
    /api\.openai\.com|api\.anthropic\.com|generativelanguage\.googleapis|chat\/completions|generateContent/
  const speaking = ['server/src', 'sdk/src', 'cli/src', 'web/src']
    .flatMap((folder) => listFiles(root, folder, /\.tsx?$/))
    .filter((path) => !path.endsWith('.test.ts') && !path.startsWith('server/src/modules/gateway/'))
    .filter((path) => vendors.test(readFileSync(`${root}/${path}`, 'utf8')))
  expect(speaking).toEqual([])
})
