import { createBudget, getBudget, listBudgets } from '@muster/contract/budgets/operations'
import { changeProject, createProject, getProject } from '@muster/contract/projects/operations'
import { afterAll, describe, expect, it } from 'vitest'
import { startMisbehavingProvider } from '../../../../examples/misbehaving-provider/provider.ts'
import type { ApiClient } from '../../../test/fixtures.ts'
import { fixtureModels } from '../../../test/gateway/calls.ts'
import { testProgram } from '../../../test/program.ts'

const provider = await startMisbehavingProvider()
afterAll(() => provider[Symbol.asyncDispose]())
const made = await testProgram()
const { app, database } = made
const { clock } = database
const hour_ms = 3_600_000
await clock.stop()

/** Moves the clock on to a time. */
async function goTo(time: string): Promise<void> {
  const [row] = await database.sql('select (extract(epoch from $1::timestamptz - muster_now()) * 1000)::float8 as ms', [
    time,
  ])
  const ms = Number(row?.ms)
  // The clock moves by whole milliseconds, so it may stand up to one behind the time before.
  expect(ms).toBeGreaterThan(-1)
  await clock.advance(Math.max(0, Math.ceil(ms)))
}

async function tenant(): Promise<ApiClient> {
  const api = (await made.twoMore()).ours
  await fixtureModels(api, { base_url: provider.base_url, models: { good: ['good'] } })
  return api
}

const day = (id: string) => ({ scope: { kind: 'project' as const, id }, window: 'day' as const })

async function call(api: ApiClient, project_id: string): Promise<number> {
  const answer = await app.inject({
    method: 'POST',
    url: '/v1/chat/completions',
    headers: { authorization: `Bearer ${api.key}`, 'x-muster-project': project_id },
    payload: { model: 'good', max_tokens: 20, messages: [{ role: 'user', content: 'Well?' }] },
  })
  return answer.statusCode
}

const usedToday = async (api: ApiClient, id: string) => {
  const { used, window_started_at } = await api.call(getBudget, { params: { id } })
  return { tokens: used.tokens, since: window_started_at }
}

describe('a budget’s day', () => {
  it('has 23 and 25 hours where the clocks are changed', async () => {
    const api = await tenant()
    const { id: project } = await api.call(createProject, { body: { name: 'Berlin', time_zone: 'Europe/Berlin' } })
    const { id, time_zone } = await api.call(createBudget, { body: { ...day(project), tokens: 1_000_000 } })
    expect(time_zone).toBe('Europe/Berlin')
    // Clocks go forward on 28 March 2027 and back on 31 October 2027.
    for (const [start, hours, next] of [
      ['2027-03-26T23:00:00.000Z', 24, '2027-03-27T23:00:00.000Z'],
      ['2027-03-27T23:00:00.000Z', 23, '2027-03-28T22:00:00.000Z'],
      ['2027-10-30T22:00:00.000Z', 25, '2027-10-31T23:00:00.000Z'],
      ['2027-10-31T23:00:00.000Z', 24, '2027-11-01T23:00:00.000Z'],
    ] as const) {
      await goTo(start)
      expect(await usedToday(api, id)).toEqual({ tokens: 0, since: start })
      expect(await call(api, project)).toBe(200)
      const { tokens } = await usedToday(api, id)
      expect(tokens).toBeGreaterThan(0)
      await clock.advance(hours * hour_ms - 1)
      expect(await usedToday(api, id)).toEqual({ tokens, since: start })
      await clock.advance(1)
      expect(await usedToday(api, id)).toEqual({ tokens: 0, since: next })
    }
  })

  it('refuses what does not fit until midnight of its zone, and admits it from then on', async () => {
    const api = await tenant()
    const { id: project } = await api.call(createProject, { body: { name: 'Tokyo', time_zone: 'Asia/Tokyo' } })
    await api.call(createBudget, { body: { ...day(project), tokens: 60 } })
    await goTo('2027-12-01T10:00:00Z')
    const statuses: number[] = []
    while (statuses.at(-1) !== 402 && statuses.length < 20) statuses.push(await call(api, project))
    expect([statuses[0], statuses.at(-1)]).toEqual([200, 402])
    await goTo('2027-12-01T14:59:59Z')
    expect(await call(api, project)).toBe(402)
    await goTo('2027-12-01T15:00:00Z')
    expect(await call(api, project)).toBe(200)
  })

  it('is that of UTC for the organization, whatever its projects say', async () => {
    const api = await tenant()
    await api.call(createProject, { body: { name: 'Tokyo', time_zone: 'Asia/Tokyo' } })
    const body = { scope: { kind: 'organization' as const }, window: 'day' as const, tokens: 1_000 }
    const { id, time_zone } = await api.call(createBudget, { body })
    expect(time_zone).toBe('UTC')
    await goTo('2028-01-01T15:30:00Z')
    expect((await usedToday(api, id)).since).toBe('2028-01-01T00:00:00.000Z')
  })

  it('goes on with what was used when the project gets another zone, and back', async () => {
    const api = await tenant()
    const { id: project } = await api.call(createProject, { body: { name: 'Moving' } })
    const { id } = await api.call(createBudget, { body: { ...day(project), tokens: 1_000_000 } })
    await goTo('2028-02-01T10:00:00Z')
    expect(await call(api, project)).toBe(200)
    const before = await usedToday(api, id)
    expect(before).toMatchObject({ since: '2028-02-01T00:00:00.000Z' })
    const change = (time_zone: string) => api.call(changeProject, { params: { id: project }, body: { time_zone } })
    expect(await change('America/New_York')).toMatchObject({ time_zone: 'America/New_York' })
    expect(await usedToday(api, id)).toEqual({ tokens: before.tokens, since: '2028-02-01T05:00:00.000Z' })
    expect(await call(api, project)).toBe(200)
    const more = await usedToday(api, id)
    expect(more.tokens).toBeGreaterThan(before.tokens)
    await change('UTC')
    expect((await usedToday(api, id)).tokens).toBe(more.tokens)
    const { items } = await api.call(listBudgets)
    expect(items.map(({ time_zone }) => time_zone)).toEqual(['UTC'])
  })

  it('takes names of time zones only', async () => {
    const api = await tenant()
    for (const time_zone of ['Berlin', 'Europe/Nowhere', '+02:00', 'UTC+2', '', '../etc', 'AET', 'CET', 'IST', 'GMT'])
      expect([time_zone, (await api.send(createProject, { body: { name: 'x', time_zone } })).status]).toEqual([
        time_zone,
        422,
      ])
    const { id } = await api.call(createProject, { body: { name: 'x' } })
    expect(await api.call(getProject, { params: { id } })).toMatchObject({ time_zone: 'UTC' })
  })
})
