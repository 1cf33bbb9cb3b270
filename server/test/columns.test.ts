import { inspect } from 'node:util'
import { createBudget, listBudgets } from '@muster/contract/budgets/operations'
import { getCostMetrics, getFleetStatus } from '@muster/contract/dashboard/operations'
import { verifyBudgets } from '@muster/contract/gateway/model.operations'
import { limits } from '@muster/contract/limits'
import type { Operation } from '@muster/contract/operation'
import { operations } from '@muster/contract/operations'
import { getGoal, listGoals } from '@muster/contract/planner/goals/goal.operations'
import { describe, expect, it } from 'vitest'
import { createApi } from '../src/app/services/serve.ts'
import { readConfig } from '../src/platform/config.ts'
import { sql } from '../src/platform/db/sql.ts'
import { silent_log } from '../src/platform/log.ts'
import { goal, remoteAgent, task } from './engine/steps.ts'
import { hints } from './hostile/hints.ts'
import { isBorne, type RequestParts, requestsOf, type Schema, texts } from './hostile/requests.ts'
import { form, tenant } from './hostile/tenant.ts'
import { jsonOf } from './hostile/values.ts'
import { testProgram } from './program.ts'

const made = await testProgram()
const mistakes: string[] = []
const { http } = createApi(made.program, {
  config: readConfig({ MUSTER_DATA_DIR: made.folder, MUSTER_FAST: '1' }),
  database: { ...made.database, epoch: 1 },
  log: { ...silent_log, error: (fields: object) => void mistakes.push(inspect(fields, { depth: 3 })) },
})
await http.app.ready()

const most = Number.MAX_SAFE_INTEGER
const bigint_max = '9223372036854775807'
const streams = new Set(['events', 'websocket'])
/** What every list has alike, and what would have the requests behind it refused. */
const left_out = /^query\.(limit|offset|page|page_size)$|\.rate_limits\./

/** The ends of what a number or time may be. */
function endsOf({ type, format, minimum, maximum }: Schema): unknown[] {
  if (type === 'integer') return [minimum, maximum]
  if (format === 'date') return ['0001-01-01', '9999-12-31']
  const ends = [
    '0001-01-01T00:00:00-14:00',
    '0001-01-01T00:00:00Z',
    '9999-12-31T23:59:59.999999999Z',
    '9999-12-31T23:59:59+14:00',
  ]
  return format === 'date-time' ? ends : []
}

function requestOf(operation: Operation, { params, query, body }: RequestParts) {
  const values = texts(params)
  const path = operation.path.replace(/\{([a-z_]+)\}/g, (_all, name: string) => encodeURIComponent(values[name] ?? ''))
  const is_form = operation.body_content === 'multipart'
  return {
    method: operation.method,
    url: `${path}?${new URLSearchParams(texts(query))}`,
    ...(body !== undefined && {
      headers: is_form ? form.headers : { 'content-type': 'application/json' },
      payload: is_form ? form.text(texts({ ...body })) : jsonOf(body),
    }),
  }
}

describe('the ends of what may be sent', () => {
  it('are stored or refused, never a mistake of ours', async () => {
    const us = await tenant(made, made.ours)
    const named = { ...us.things, ...us.more }
    const answered = operations.filter(({ content }) => !streams.has(content))
    const faults: string[] = []
    let sent = 0
    for (const operation of answered) {
      const { sites } = requestsOf(operation, { things: us.things, hint: hints[operation.id]?.(named) ?? {} })
      const places = sites.filter(({ at }) => !left_out.test(at))
      for (const { at, parts } of places.flatMap((site) =>
        endsOf(site.schema).map((end) => ({ at: site.at, parts: site.put(end) })),
      )) {
        if (!isBorne(operation, parts)) continue
        const { headers, ...request } = requestOf(operation, parts)
        const authorization = `Bearer ${us.api.key}`
        const { statusCode, body } = await http.app.inject({ ...request, headers: { authorization, ...headers } })
        sent += 1
        if (statusCode >= 500 || body.includes('cannot store')) faults.push(`${operation.id} ${at}: ${body}`)
      }
    }
    expect([...faults, ...mistakes]).toEqual([])
    expect(sent).toBeGreaterThan(100)
  })

  it.each(['"2147483648"', '"9007199254740991"', '"99999999999999999999"'])('If-Match: %s is refused', async (tag) => {
    const project = await made.ours.project()
    const answer = await http.app.inject({
      method: 'PUT',
      url: `/api/v1/projects/${project.id}/documents/notes`,
      headers: { authorization: `Bearer ${made.ours.key}`, 'if-match': tag },
      payload: { value: 1 },
    })
    expect([answer.statusCode, answer.json().error.code]).toEqual([422, 'invalid'])
  })
})

describe('what a schema has missed', () => {
  it.each([
    ['a number', sql`select ${'2147483648'}::bigint::integer as value`],
    ['a time', sql`select ${'0000-01-01T00:00:00Z'}::timestamptz as value`],
    ['a zone', sql`select ${'2026-01-01T00:00:00+23:59'}::timestamptz as value`],
    ['a word', sql`select ${'1e21'}::bigint as value`],
    ['a text', sql`select ${'a\u0000b'}::text as value`],
  ])('%s is refused by the database as invalid in a transaction of a tenant', async (_name, statement) => {
    const reading = made.database.db.transact({ organization_id: made.ours.organization_id } as never, (tx) =>
      tx.rows(statement),
    )
    await expect(reading).rejects.toMatchObject({ code: 'invalid' })
  })
})

describe('sums of what was used', () => {
  it('stop at what a number holds, whatever runs report, and nobody else fails for it', async () => {
    const worker = await remoteAgent(made.theirs, 'spend')
    await made.theirs.call(createBudget, {
      body: { scope: { kind: 'organization' }, window: 'day', cost_micro_usd: limits.amount_max },
    })
    const stated = await goal(
      made.theirs,
      ['a', 'b', 'c'].map((key) => task(key, { capability: 'spend' })),
    )
    await made.work()
    const [first, second, third] = await worker.claim(3)
    if (!first || !second || !third) throw new Error('there are not three runs')
    const usage = { tokens: limits.amount_max, cost_micro_usd: limits.amount_max }
    const report = async (run: typeof first) => (await worker.complete(run, 1, { usage })).status
    expect(await report(first)).toBe(202)
    // What earlier versions took: as much as a column holds.
    for (const table of [
      'budgets_charges set cost_micro_usd = $1, tokens',
      'budgets_balances set used_micro_usd = $1, used_tokens',
    ])
      await made.database.sql(`update ${table} = $1 where organization_id = $2`, [
        bigint_max,
        made.theirs.organization_id,
      ])
    expect([await report(second), await report(third)]).toEqual([202, 202])
    const { spent } = await made.theirs.call(getGoal, { params: { id: stated.id as never } })
    expect(spent).toEqual({ cost_micro_usd: most, tokens: most })
    const costs = await made.theirs.call(getCostMetrics)
    expect([costs.total_cost_micro_usd, costs.total_tokens]).toEqual([most, most])
    const { items } = await made.theirs.call(listBudgets)
    expect(items.map(({ used, closed }) => [used.cost_micro_usd, closed])).toEqual([[most, true]])
    await made.theirs.call(verifyBudgets)
    await made.theirs.call(getFleetStatus)
    await made.theirs.call(listGoals)
  })

  it('are of amounts that one run can have used', async () => {
    const worker = await remoteAgent(made.ours, 'boast')
    await goal(made.ours, [task('a', { capability: 'boast' })])
    await made.work()
    const run = await worker.claimOne()
    const usage = { tokens: limits.amount_max + 1, cost_micro_usd: 1 }
    expect((await worker.complete(run, 1, { usage })).status).toBe(422)
  })
})
