import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { schemaDump } from '../../tools/generators/schema.ts'
import { testDatabase } from './database.ts'

const { sql } = await testDatabase()
const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')

/** Tests move the clock; the schema is told with the product's own. */
const [clock = ''] = /create function muster_now\(\)[^;]+;/.exec(read('../migrations/0001_platform_tables.sql')) ?? []

it('is what docs/generated/schema.sql shows: else run `npm run generate` and commit it', async () => {
  await sql(clock.replace('create function', 'create or replace function'))
  expect(await schemaDump(sql)).toBe(read('../../docs/generated/schema.sql'))
})

it('tells of a column, an index, a policy and a grant that were not there', async () => {
  const before = await schemaDump(sql)
  const changes = [
    'alter table planner_goals add column extra text',
    'create index extra_index on planner_goals (title)',
    'create policy extra on planner_goals to muster_app using (true)',
    'grant delete on installation to muster_app',
    'alter table planner_goals no force row level security',
  ]
  let last = before
  for (const change of changes) {
    await sql(change)
    const now = await schemaDump(sql)
    expect(now, change).not.toBe(last)
    last = now
  }
})
