import { beforeAll, describe, expect, it } from 'vitest'
import { hashOfKey } from '../src/modules/identity/identity.rules.ts'
import type { Sql } from '../src/platform/db/sql.ts'
import { instance_tables, wallFaults } from './catalogue.ts'
import { empty_tables, fillEveryTable } from './data-set.ts'
import { testProgram } from './program.ts'

const made = await testProgram()
const { database, ours, theirs } = made
const { sql, db } = database

const statement = (text: string, values: readonly unknown[] = []): Sql => ({ text, values, name: undefined })
const relations = async (kind: 'r' | 'v'): Promise<string[]> => {
  const rows = await sql(
    `select relname as name from pg_class where relkind = $1 and relnamespace = 'public'::regnamespace order by 1`,
    [kind],
  )
  return rows.map(({ name }) => String(name)).filter((name) => !instance_tables.some((known) => known === name))
}

beforeAll(() => fillEveryTable(made, [ours, theirs]))

describe('the catalogue', () => {
  it('shows every wall in its place', async () => {
    expect(await wallFaults(sql)).toEqual([])
  })

  const breaches: readonly (readonly [string, string])[] = [
    ['create table loose (id uuid primary key)', 'loose: has no organization_id'],
    [
      'create table loose (id uuid primary key, organization_id uuid not null)',
      'loose: its primary key does not begin with organization_id',
    ],
    [
      'create table loose (organization_id uuid not null primary key)',
      'loose: row-level security is not enabled and forced',
    ],
    [
      'alter table planner_goals no force row level security',
      'planner_goals: row-level security is not enabled and forced',
    ],
    [
      'alter table planner_goals disable row level security',
      'planner_goals: row-level security is not enabled and forced',
    ],
    ['drop policy tenant on planner_goals', 'planner_goals: the policy tenant is not what it should be'],
    [
      'create policy friendly on planner_goals for select to muster_app using (true)',
      'planner_goals: the policy friendly is not what it should be',
    ],
    [
      'alter policy tenant on planner_goals with check (true)',
      'planner_goals: the policy tenant is not what it should be',
    ],
    ['grant select on planner_goals to public', 'planner_goals: public may select'],
    ['grant select on signers to muster_app', 'signers: muster_app may select'],
    [
      'alter view planner_goals_v reset (security_invoker)',
      'planner_goals_v: a view that sees with its owner’s rights',
    ],
    [
      'create index planner_goals_by_title on planner_goals (title)',
      'planner_goals_by_title: an index that does not begin with organization_id',
    ],
    [
      'create table loose (organization_id uuid primary key, hash text references identity_api_keys (hash))',
      'loose_hash_fkey: a foreign key that does not begin with organization_id',
    ],
    ['grant muster_engine to muster_app', 'muster_app: a role that may more than it needs'],
    [
      'create function peek() returns bigint language sql security definer as $$ select count(*) from planner_goals $$',
      'peek: a function with its owner’s rights',
    ],
    [
      'create materialized view cached as select * from planner_goals',
      'cached: is no plain table, so nobody has thought of it here',
    ],
  ]
  it.each(breaches)('would tell of: %s', async (breach, fault) => {
    await database.source.use(async (connection) => {
      const query = async (text: string, values: readonly unknown[] = []) =>
        (await connection.query({ text, values, name: undefined })).rows as Record<string, unknown>[]
      await connection.simple('begin')
      try {
        await connection.simple(breach)
        expect(await wallFaults(query)).toContain(fault)
      } finally {
        await connection.simple('rollback')
      }
    })
  })
})

describe('what one organization holds', () => {
  const count = async (table: string, organization_id: string): Promise<number> => {
    const [row] = await sql(`select count(*) as rows from ${table} where organization_id = $1`, [organization_id])
    return Number(row?.rows)
  }

  it('is in every table, so that there is something to be seen', async () => {
    const tables = await relations('r')
    const empty: string[] = []
    for (const table of tables)
      if ((await count(table, ours.organization_id)) === 0 || (await count(table, theirs.organization_id)) === 0)
        empty.push(table)
    expect(empty).toEqual(empty_tables)
  })

  it('is seen by nobody in a transaction of the other, and by itself in its own', async () => {
    const seen: string[] = []
    for (const name of [...(await relations('r')), ...(await relations('v'))]) {
      const own = await count(name, ours.organization_id)
      const rows = await db.transact({ organization_id: ours.organization_id }, (tx) =>
        tx.rows<{ organization_id: string; rows: number }>(
          statement(`select organization_id, count(*)::int as rows from ${name} group by 1`),
        ),
      )
      const wanted = own === 0 ? [] : [{ organization_id: ours.organization_id, rows: own }]
      if (JSON.stringify(rows) !== JSON.stringify(wanted))
        seen.push(`${name}: ${JSON.stringify(rows)}, not ${own} of ours`)
    }
    expect(seen).toEqual([])
  })

  it('is not to be changed, removed or added to by the other', async () => {
    const done: string[] = []
    for (const table of await relations('r')) {
      const here = { organization_id: ours.organization_id }
      const there = [theirs.organization_id]
      const removed = await db.transact(here, (tx) =>
        tx.execute(statement(`delete from ${table} where organization_id = $1`, there)),
      )
      const changed = await db.transact(here, (tx) =>
        tx.execute(
          statement(`update ${table} set organization_id = organization_id where organization_id = $1`, there),
        ),
      )
      if (removed + changed > 0) done.push(`${table}: ${removed} removed, ${changed} changed`)
      const move = statement(`update ${table} set organization_id = $1`, there)
      const given = await db
        .transact(here, (tx) => tx.execute(move))
        .then(
          (rows) => (rows === 0 ? undefined : `${rows} given away`),
          (error: unknown) => (/row-level security/.test(String(error)) ? undefined : String(error)),
        )
      if (given !== undefined) done.push(`${table}: ${given}`)
    }
    expect(done).toEqual([])
  })

  it('is seen by nobody without a tenant, with no tenant’s id, or before the tenant is known', async () => {
    const seen: string[] = []
    const hash = hashOfKey(theirs.key)
    for (const name of [...(await relations('r')), ...(await relations('v'))]) {
      const look = statement(`select count(*)::int as rows from ${name}`)
      const nobody = { organization_id: '00000000-0000-7000-8000-000000000000' }
      const rows = [
        await db.transact(nobody, (tx) => tx.row<{ rows: number }>(look)),
        await db.transact({ credential_hash: hash }, (tx) => tx.row<{ rows: number }>(look)),
      ]
      // The key that the transaction was opened with.
      const wanted = ['identity_api_keys', 'identity_keys_v'].includes(name) ? [0, 1] : [0, 0]
      if (rows.some((row, at) => row?.rows !== wanted[at])) seen.push(`${name}: ${JSON.stringify(rows)}`)
    }
    expect(seen).toEqual([])
  })

  it('is seen by nobody in the role of tenants where no tenant was set at all', async () => {
    const tables = [...(await relations('r')), ...(await relations('v'))]
    await database.source.use(async (connection) => {
      await connection.simple('begin; set local role muster_app')
      try {
        const text = tables.map((name) => `select count(*)::int as rows from ${name}`).join(' union all ')
        const { rows } = await connection.query({ text, values: [], name: undefined })
        expect((rows as { rows: number }[]).filter((row) => row.rows !== 0)).toEqual([])
      } finally {
        await connection.simple('rollback')
      }
    })
  })

  it('says nothing of the installation to tenants', async () => {
    const told: string[] = []
    for (const table of instance_tables) {
      const look = db.transact({ organization_id: ours.organization_id }, (tx) =>
        tx.row(statement(`select count(*) from ${table}`)),
      )
      await look.then(
        () => told.push(table),
        (error: unknown) => expect(String(error)).toContain('permission denied'),
      )
    }
    expect(told).toEqual([])
  })
})
