import type { AddressInfo } from 'node:net'
import { listAttempts, verifyBudgets } from '@muster/contract/gateway/model.operations'
import { limits } from '@muster/contract/limits'
import { afterAll, expect, it } from 'vitest'
import { startMisbehavingProvider } from '../../../../examples/misbehaving-provider/provider.ts'
import { callOver, fixtureModels } from '../../../test/gateway/calls.ts'
import { testProgram } from '../../../test/program.ts'
import { createRetention } from './operations/retention.ts'

const made = await testProgram()
const { app, program, database, ours: api, theirs } = made
await app.listen({ port: 0, host: '127.0.0.1' })
expect((app.server.address() as AddressInfo).port).toBeGreaterThan(0)
const provider = await startMisbehavingProvider()
afterAll(() => provider[Symbol.asyncDispose]())
const day_ms = 24 * 3_600_000

const retire = async (): Promise<void> => {
  const jobs = program.manifests.flatMap(({ jobs = [] }) => jobs)
  await jobs.find(({ name }) => name === 'gateway.retention')?.run()
}
const verify = async () => {
  const { valid, attempts, charges, problems } = await api.call(verifyBudgets)
  return { valid, ended: attempts.ended, same: attempts.cost_micro_usd === charges.cost_micro_usd, problems }
}

it('drops what ended long ago, keeps the sums, and still sees where the books disagree', async () => {
  const { base_url } = provider
  for (const one of [api, theirs])
    await fixtureModels(one, { base_url, models: { good: ['good'], refused: ['400'], cut: ['cut:3'] } })
  // What a call cost is written behind it, and time is about to pass.
  const call = async (model: string, of = api) => {
    await callOver(app, of.key, { model, max_tokens: 50 })
    await program.gateway.flushUsage()
  }
  for (const model of ['good', 'refused', 'cut']) await call(model)
  await call('good', theirs)
  await database.clock.advance((limits.model_attempt_days_default - 1) * day_ms)
  await retire()
  expect((await api.call(listAttempts)).items).toHaveLength(3)
  await call('good')
  await database.clock.advance(2 * day_ms)
  const before = await api.call(verifyBudgets)
  // One by one, whose sums are added to each other; then twice at the same time, as any job may run.
  await createRetention({
    engine: database.engine,
    attempt_days: limits.model_attempt_days_default,
    attempts_at_once: 1,
  })()
  await Promise.all([retire(), retire()])
  await retire()
  expect((await api.call(listAttempts)).items).toHaveLength(1)
  expect((await theirs.call(listAttempts)).items).toEqual([])
  expect(await api.call(verifyBudgets)).toEqual(before)
  expect(await verify()).toEqual({ valid: true, ended: 4, same: true, problems: [] })
  await call('good')
  await database.clock.advance(100 * day_ms)
  await createRetention({ engine: database.engine, attempt_days: 1 })()
  expect((await api.call(listAttempts)).items).toEqual([])
  expect(await verify()).toEqual({ valid: true, ended: 5, same: true, problems: [] })

  const [charge] = await database.sql(
    `select id, (charged_at at time zone 'UTC')::date::text as day from budgets_charges where organization_id = $1 limit 1`,
    [api.organization_id],
  )
  await database.sql('update budgets_charges set tokens = tokens + 1 where id = $1', [charge?.id])
  expect(await verify()).toMatchObject({
    valid: false,
    problems: [{ problem: 'past_differs', attempt_id: charge?.day }],
  })
  await database.sql('delete from budgets_charges where id = $1', [charge?.id])
  expect(await verify()).toMatchObject({ valid: false, same: false, problems: [{ problem: 'past_differs' }] })
})

it('keeps what was not charged to be seen, and what is under way', async () => {
  const { ours: other } = await made.twoMore()
  await fixtureModels(other, { base_url: provider.base_url, models: { good: ['good'] } })
  for (let time = 0; time < 2; time++) await callOver(app, other.key, { model: 'good', max_tokens: 50 })
  await program.gateway.flushUsage()
  const [first, second] = (await other.call(listAttempts)).items
  await database.sql('delete from budgets_charges where id = $1', [first?.id])
  await database.sql(`update gateway_attempts set status = 'live' where id = $1`, [second?.id])
  await database.clock.advance(100 * day_ms)
  await retire()
  expect((await other.call(listAttempts)).items).toHaveLength(2)
  const { problems } = await other.call(verifyBudgets)
  expect(problems).toMatchObject([{ problem: 'not_charged', attempt_id: first?.id }])
})
