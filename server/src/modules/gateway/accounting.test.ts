import { readFileSync } from 'node:fs'
import { createBudget, listBudgets, putBudget } from '@muster/contract/budgets/operations'
import { listAttempts, verifyBudgets } from '@muster/contract/gateway/model.operations'
import { stopOrganization } from '@muster/contract/projects/operations'
import { describe, expect, it } from 'vitest'
import { listFiles } from '../../../../tools/sources/source-files.ts'
import type { ApiClient } from '../../../test/fixtures.ts'
import { testProgram } from '../../../test/program.ts'
import type { Engine } from '../../platform/db/db.ts'
import { newId } from '../../platform/ids.ts'
import { silent_log } from '../../platform/log.ts'
import { type ChangeBalances, changeBalances } from '../budgets/balances.service.ts'
import { type CallLedger, createCallAccounting, createCallLedger } from '../budgets/calls/call-accounting.ts'
import type { AttemptAccounting } from './calls/attempt.ts'
import { createCallAdmission } from './calls/call-admission.ts'
import { no_usage } from './rules/usage.ts'
import { attemptsStore, type EndedAttempt, type NewAttempt } from './store/attempts.store.ts'

const made = await testProgram()
const { database } = made
const { engine } = database

const cost = 100
const tokens = 10

function attemptOf(api: ApiClient, more: Partial<NewAttempt> = {}): NewAttempt {
  return {
    organization_id: api.organization_id,
    project_id: null,
    goal_id: null,
    agent_id: null,
    id: newId(),
    call_id: newId(),
    number: 1,
    request_id: 'r',
    key_id: null,
    run_id: null,
    task_id: null,
    wire: 'chat',
    streamed: false,
    model: 'm',
    model_version: 1,
    provider: 'p',
    provider_model: 'm',
    held: { cost_micro_usd: cost, tokens },
    deadline_ms: 60_000,
    ...more,
  }
}

type Ending = Pick<EndedAttempt, 'outcome' | 'usage_known' | 'used'>

/** Ended well, over-reported by 30 %, failed without use, gone without a word: one after the other. */
const endings: readonly Ending[] = [
  { outcome: 'ok', usage_known: true, used: { cost_micro_usd: 60, tokens: 6 } },
  { outcome: 'ok', usage_known: true, used: { cost_micro_usd: 130, tokens: 13 } },
  { outcome: 'overloaded', usage_known: true, used: { cost_micro_usd: 0, tokens: 0 } },
  { outcome: 'client_gone', usage_known: false, used: { cost_micro_usd: cost, tokens } },
]

const change: ChangeBalances = (tx, changes) => changeBalances(database.journal, tx, changes)
const ledger = createCallLedger(change)

/** As a process has it that takes calls of models. */
function createAccounting(process: { readonly engine?: Engine; readonly ledger?: CallLedger } = {}): AttemptAccounting {
  const { budgetVersion } = createCallAdmission({ engine, ...process })
  return createCallAccounting<NewAttempt, EndedAttempt>({
    engine,
    ledger,
    log: silent_log,
    ...process,
    rows: attemptsStore,
    budgetVersion,
  })
}

/** Every fifth goes on for so long that a row of its own tells of it. */
async function race(accounting: AttemptAccounting, attempts: readonly NewAttempt[]) {
  let admitted = 0
  let excess = 0
  const refusals: string[] = []
  await Promise.all(
    attempts.map(async (attempt, at) => {
      try {
        await accounting.hold(attempt)
      } catch (error) {
        refusals.push((error as { code: string }).code)
        return
      }
      admitted += 1
      if (at % 5 === 0) await accounting.flush()
      excess += Math.max(0, endingOf(at).used.cost_micro_usd - cost)
      await accounting.settle(endedOf(attempt, endingOf(at)))
    }),
  )
  await accounting.flush()
  return { admitted, excess, refusals }
}

function endingOf(at: number): Ending {
  const ending = endings[at % endings.length]
  if (!ending) throw new Error('there is no ending')
  return ending
}

function endedOf({ organization_id, id }: NewAttempt, ending: Ending): EndedAttempt {
  return { organization_id, id, usage: no_usage, first_token_ms: 1, total_ms: 1, http_status: undefined, ...ending }
}

async function nestedClient() {
  const { ours: api } = await made.twoMore()
  const [one, other] = [(await api.project()).id, (await api.project()).id]
  const { id: agent_id } = await api.agent()
  const limit = (kind: 'organization' | 'project' | 'agent', id: string | undefined, cost_micro_usd: number) =>
    api.call(createBudget, { body: { scope: { kind, ...(id && { id }) }, cost_micro_usd } })
  await limit('organization', undefined, 30_000)
  await limit('project', one, 10_000)
  await limit('agent', agent_id, 15_000)
  const attempts = Array.from({ length: 1_200 }, (_, at) =>
    attemptOf(api, {
      project_id: at % 3 === 0 ? null : at % 3 === 1 ? one : other,
      agent_id: at % 2 === 0 ? agent_id : null,
    }),
  )
  return { api, attempts }
}

/** What is wrong with the books of a race; empty where they are in order. */
async function faultsOf(api: ApiClient, excess: number): Promise<string[]> {
  const faults: string[] = []
  for (const { scope, used, held, cost_micro_usd = 0 } of (await api.call(listBudgets)).items) {
    if (used.cost_micro_usd > cost_micro_usd + excess) faults.push(`${scope.kind} used ${used.cost_micro_usd}`)
    if (held.cost_micro_usd !== 0 || held.tokens !== 0) faults.push(`${scope.kind} still holds ${held.cost_micro_usd}`)
    if (used.cost_micro_usd === 0) faults.push(`${scope.kind} was charged nothing`)
  }
  const books = await api.call(verifyBudgets)
  if (!books.valid) faults.push('the books disagree')
  if (books.attempts.cost_micro_usd !== books.charges.cost_micro_usd) faults.push('the sums differ')
  const [all] = (await api.call(listBudgets)).items.filter(({ scope }) => scope.kind === 'organization')
  if (all?.used.cost_micro_usd !== books.charges.cost_micro_usd)
    faults.push('the balance is not the sum of the charges')
  return faults
}

describe('attempts that race for nested budgets', () => {
  it('are never admitted over a limit, leave nothing held, and are charged what they cost', async () => {
    const { api, attempts } = await nestedClient()
    const accounting = createAccounting()
    const { admitted, excess, refusals } = await race(accounting, attempts)
    expect(admitted).toBeGreaterThan(100)
    expect(new Set(refusals)).toEqual(new Set(['budget_exceeded']))
    expect(await faultsOf(api, excess)).toEqual([])
  })

  /** Defects that have cost others money; each must be seen by what the test above looks at. */
  const free = { cost_micro_usd: 0, tokens: 0 }
  const isUnknown = ({ usage }: { readonly usage?: unknown }): boolean => usage === undefined
  const defects: Readonly<Record<string, (calls: CallLedger) => Partial<CallLedger>>> = {
    'releases where it should settle': ({ charge }) => ({
      charge: (tx, { spent, settled, ...page }) =>
        charge(tx, {
          ...page,
          spent: spent.map((one) => ({ ...one, used: free })),
          settled: [],
          released: [...page.released, ...settled],
        }),
    }),
    'loses the usage of who has gone': ({ charge }) => ({
      charge: (tx, { spent, settled, ...page }) =>
        charge(tx, {
          ...page,
          spent: spent.filter(({ usage_known }) => usage_known),
          settled: settled.filter((one) => !isUnknown(one)),
        }),
    }),
    'charges nothing where usage is unknown': ({ charge }) => ({
      charge: (tx, { spent, settled, ...page }) =>
        charge(tx, {
          ...page,
          spent: spent.map((one) => ({ ...one, used: one.usage_known ? one.used : free })),
          settled: settled.map((one) => ({ ...one, usage: one.usage ?? free })),
        }),
    }),
    'holds on one scope less': ({ reserve }) => ({
      reserve: (tx, asks) =>
        reserve(
          tx,
          asks.map((ask) => ({ ...ask, project_id: null, agent_id: null })),
        ),
    }),
    'never gives back what was not used': ({ charge }) => ({
      charge: (tx, page) => charge(tx, { ...page, closed: [], released: [] }),
    }),
  }
  it.each(Object.entries(defects))('would show that somebody %s', async (_defect, tamper) => {
    const { api, attempts } = await nestedClient()
    const accounting = createAccounting({ ledger: { ...ledger, ...tamper(ledger) } })
    const { excess } = await race(accounting, attempts)
    expect(await faultsOf(api, excess)).not.toEqual([])
  })

  it('are held for by themselves where they go on', async () => {
    const { ours: api } = await made.twoMore()
    await api.call(createBudget, { body: { scope: { kind: 'organization' }, cost_micro_usd: 1_000 } })
    const accounting = createAccounting()
    const attempt = attemptOf(api)
    await accounting.hold(attempt)
    await accounting.flush()
    const held = { rows: 1, cost_micro_usd: cost, tokens }
    expect(await api.call(verifyBudgets)).toMatchObject({ held, reservations: { rows: 0 }, attempts: { live: 1 } })
    await accounting.settle(endedOf(attempt, endingOf(0)))
    await accounting.flush()
    expect(await api.call(verifyBudgets)).toMatchObject({ valid: true, held: { rows: 0 }, charges: { rows: 1 } })
  })

  it.each([
    { cost_micro_usd: -1, tokens: 1 },
    { cost_micro_usd: 1, tokens: -1 },
    { cost_micro_usd: 1, tokens: Number.NaN },
  ])('are not held for with amounts below zero: %j', async (held) => {
    const { ours: api } = await made.twoMore()
    await api.call(createBudget, { body: { scope: { kind: 'organization' }, cost_micro_usd: 1_000 } })
    const accounting = createAccounting()
    await expect(accounting.hold({ ...attemptOf(api), held })).rejects.toThrow('invariant broken')
    await accounting.flush()
    expect(await api.call(verifyBudgets)).toMatchObject({ valid: true, held: { rows: 0 }, reservations: { rows: 0 } })
  })

  it('are written though one of them cannot be; what was held for that one is charged', async () => {
    const { ours: api } = await made.twoMore()
    await api.call(createBudget, { body: { scope: { kind: 'organization' }, cost_micro_usd: 100_000 } })
    const accounting = createAccounting()
    const attempts = ['good', 'a\u0000b', 'good too'].map((request_id) => attemptOf(api, { request_id }))
    for (const attempt of attempts) await accounting.hold(attempt)
    for (const attempt of attempts) void accounting.settle(endedOf(attempt, endingOf(0)))
    await accounting.flush()
    expect(await api.call(verifyBudgets)).toMatchObject({ valid: true, charges: { rows: 2, cost_micro_usd: 120 } })
    await database.clock.advance(3_600_000)
    await accounting.sweep()
    const books = await api.call(verifyBudgets)
    expect(books).toMatchObject({ valid: true, reservations: { rows: 0 } })
    expect(books.charges.cost_micro_usd).toBeGreaterThanOrEqual(120 + cost)
  })

  it('end once, however often that is said', async () => {
    const { ours: api } = await made.twoMore()
    await api.call(createBudget, { body: { scope: { kind: 'organization' }, cost_micro_usd: 1_000 } })
    const accounting = createAccounting()
    const attempt = attemptOf(api)
    await accounting.hold(attempt)
    const ended = endedOf(attempt, endingOf(0))
    await Promise.all([
      accounting.settle(ended),
      accounting.settle({ ...ended, used: { cost_micro_usd: 999, tokens } }),
      accounting.sweep(),
    ])
    await accounting.settle(ended)
    await accounting.flush()
    const [budget] = (await api.call(listBudgets)).items
    expect(budget).toMatchObject({ used: { cost_micro_usd: 60 }, held: { cost_micro_usd: 0 } })
    expect(await api.call(verifyBudgets)).toMatchObject({ valid: true, charges: { rows: 1 } })
  })
})

describe('a process that is killed', () => {
  /** From `kill` on nothing of it reaches the database, nor comes back. */
  function mortal() {
    let killed = false
    const transact: Engine['transact'] = (work) => (killed ? new Promise(() => {}) : engine.transact(work))
    const accounting = createAccounting({ engine: { transact } })
    return {
      accounting,
      kill: () => {
        killed = true
      },
    }
  }

  it('is charged what it held: row by row, and in one row what no row tells of', async () => {
    const { api, attempts } = await nestedClient()
    const [one, other] = [mortal(), mortal()]
    const begun = attempts.slice(0, 60)
    for (const attempt of begun.slice(0, 30)) await one.accounting.hold(attempt)
    await one.accounting.flush()
    for (const attempt of begun.slice(30)) await one.accounting.hold(attempt)
    one.kill()
    for (const [at, attempt] of begun.entries()) void one.accounting.settle(endedOf(attempt, endingOf(at)))
    const { excess } = await race(other.accounting, attempts.slice(60))
    const survivor = createAccounting()
    await survivor.sweep()
    // The timer may have written some of the others before the process was killed.
    const { live } = (await api.call(verifyBudgets)).attempts
    expect([live >= 30, live < 60]).toEqual([true, true])
    await database.clock.advance(3_600_000)
    await Promise.all([survivor.sweep(), survivor.sweep()])
    expect(await faultsOf(api, excess)).toEqual([])
    const { items } = await api.call(listAttempts, { query: { outcome: 'lost', limit: 200 } })
    const several = items.filter(({ wire }) => wire === 'several')
    expect(items.length - several.length).toBe(live)
    expect(several.reduce((sum, { cost_micro_usd }) => sum + cost_micro_usd, 0)).toBeGreaterThanOrEqual(
      (60 - live) * cost,
    )
    expect(await api.call(verifyBudgets)).toMatchObject({ reservations: { rows: 0 }, held: { rows: 0 } })
  })

  /** From `pause` to `resume` nothing of it reaches the database, as with SIGSTOP. */
  function pausable() {
    let resumed = Promise.resolve()
    let resume = (): void => {}
    const transact: Engine['transact'] = async (work) => {
      await resumed
      return engine.transact(work)
    }
    return {
      accounting: createAccounting({ engine: { transact } }),
      pause() {
        resumed = new Promise((resolve) => {
          resume = resolve
        })
      },
      resume: () => resume(),
    }
  }

  it('and comes back after it was taken for dead pays nothing twice', async () => {
    const { api, attempts } = await nestedClient()
    const paused = pausable()
    const [attempt] = attempts
    if (!attempt) throw new Error('there is no attempt')
    await paused.accounting.hold(attempt)
    paused.pause()
    const survivor = createAccounting()
    await database.clock.advance(3_600_000)
    await survivor.sweep()
    const before = await api.call(verifyBudgets)
    expect(before.charges.cost_micro_usd).toBeGreaterThanOrEqual(cost)
    paused.resume()
    await paused.accounting.settle(endedOf(attempt, endingOf(0)))
    await paused.accounting.flush()
    const after = await api.call(verifyBudgets)
    expect(after).toMatchObject({ valid: true, charges: before.charges, reservations: { rows: 0 } })
  })
})

describe('what is held ahead', () => {
  const onOrganization = async (api: ApiClient, cost_micro_usd: number) =>
    (await api.call(createBudget, { body: { scope: { kind: 'organization' }, cost_micro_usd } })).id

  it('is never so much that another process finds nothing of what is left', async () => {
    const { ours: api } = await made.twoMore()
    await onOrganization(api, 10 * cost)
    const [one, other] = [createAccounting(), createAccounting()]
    const begun: string[] = []
    for (let at = 0; at < 5; at++)
      for (const accounting of [one, other]) {
        const attempt = attemptOf(api)
        await accounting.hold(attempt)
        begun.push(attempt.id)
      }
    expect(begun).toHaveLength(10)
    await expect(one.hold(attemptOf(api))).rejects.toMatchObject({ code: 'budget_exceeded' })
    for (const accounting of [one, other]) await accounting.flush()
  })

  it('comes back before a call of this process or another is refused', async () => {
    const { ours: api } = await made.twoMore()
    await onOrganization(api, 1_000 * cost)
    const [one, other] = [createAccounting(), createAccounting()]
    await one.hold(attemptOf(api))
    const small = await api.call(verifyBudgets)
    expect(small.reservations.cost_micro_usd).toBeGreaterThan(cost)
    // It needs all the room there is beside the first call.
    const all = attemptOf(api, { held: { cost_micro_usd: 999 * cost, tokens } })
    await other.hold(all)
    await other.settle(endedOf(all, endingOf(2)))
    await other.flush()
    await one.hold({ ...all, id: newId() })
    await expect(other.hold(attemptOf(api))).rejects.toMatchObject({ code: 'budget_exceeded' })
  })

  it('binds no call that came after a limit was set, lowered or closed', async () => {
    const { ours: api } = await made.twoMore()
    const accounting = createAccounting()
    const begin = () => accounting.hold(attemptOf(api))
    const refused = { code: 'budget_exceeded' }
    await begin()
    const id = await onOrganization(api, cost - 1)
    await expect(begin()).rejects.toMatchObject(refused)
    await api.call(putBudget, { params: { id }, body: { cost_micro_usd: 100 * cost } })
    await begin()
    await api.call(putBudget, { params: { id }, body: { cost_micro_usd: 1 } })
    await expect(begin()).rejects.toMatchObject(refused)
    await api.call(putBudget, { params: { id }, body: { cost_micro_usd: 100 * cost } })
    const dear = attemptOf(api)
    await accounting.hold(dear)
    // Its charge comes before its end is heard of, and closes the limit.
    await accounting.settle({ ...endedOf(dear, endingOf(0)), used: { cost_micro_usd: 101 * cost, tokens: 6 } })
    await expect(begin()).rejects.toMatchObject(refused)
    await accounting.flush()
  })

  it('is not drawn from once a stop is raised, nor on another day', async () => {
    const { ours: api } = await made.twoMore()
    const accounting = createAccounting()
    await api.call(createBudget, {
      body: { scope: { kind: 'organization' }, window: 'day', cost_micro_usd: 1_000 * cost },
    })
    await accounting.hold(attemptOf(api))
    await database.clock.advance(24 * 3_600_000)
    const today = attemptOf(api)
    await accounting.hold(today)
    await accounting.settle(endedOf(today, endingOf(0)))
    await accounting.flush()
    const [budget] = (await api.call(listBudgets)).items
    expect(budget).toMatchObject({ used: { cost_micro_usd: 60 } })
    await api.call(stopOrganization, { params: { id: api.organization_id }, body: { reason: 'a drill' } })
    await expect(accounting.hold(attemptOf(api))).rejects.toMatchObject({ code: 'stopped' })
  })
})

it('is the gateway alone that speaks to vendors of models', () => {
  const root = process.cwd()
  const vendors =
    /api\.openai\.com|api\.anthropic\.com|generativelanguage\.googleapis|chat\/completions|generateContent/
  // The page shows vendors' addresses as hints; its content policy lets it speak to its own server alone.
  const speaking = ['server/src', 'sdk/src', 'cli/src']
    .flatMap((folder) => listFiles(root, folder, /\.tsx?$/))
    .filter((path) => !path.endsWith('.test.ts') && !path.startsWith('server/src/modules/gateway/'))
    .filter((path) => vendors.test(readFileSync(`${root}/${path}`, 'utf8')))
  expect(speaking).toEqual([])
})
