/**
 * Data of earlier versions survives: a small data set of each version, with rows in every table, is carried over by every
 * later migration, and the API says the same of it. `MUSTER_WRITE_SNAPSHOT=1` writes the set of this version.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { productVersion } from '@muster/contract/version'
import { beforeAll, describe, expect, it } from 'vitest'
import { compose } from '../../src/app/compose.ts'
import { createApi } from '../../src/app/services/serve.ts'
import { readConfig } from '../../src/platform/config.ts'
import type { ConnectionSource } from '../../src/platform/db/connection.ts'
import { createDatabase } from '../../src/platform/db/db.ts'
import { migrate } from '../../src/platform/db/migrate.ts'
import { currentEpoch } from '../../src/platform/journal/epoch.ts'
import { silent_log } from '../../src/platform/log.ts'
import { empty_tables, fillEveryTable } from '../data-set.ts'
import { emptyDatabase } from '../database.ts'
import { apiClientOf } from '../fixtures.ts'
import { test_secrets, testProgram } from '../program.ts'
import { type Facts, factsOf } from './facts.ts'
import { readSnapshot, readTables, restore, type Snapshot, snapshotVersions, writeSnapshot } from './snapshot.ts'

const migrations = new URL('../../migrations/', import.meta.url)
const changelog = new URL('../../../CHANGELOG.md', import.meta.url)

if (process.env.MUSTER_WRITE_SNAPSHOT === '1') {
  const made = await testProgram()
  beforeAll(async () => {
    const clients = [made.ours, made.theirs]
    await fillEveryTable(made, clients)
    // A journal that was cut where there is nothing to cut does not verify.
    await made.database.sql('delete from journal_retired')
    const facts: Record<string, Facts> = {}
    for (const api of clients) facts[api.organization_id] = await factsOf(api)
    const applied = await made.database.sql('select name from migrations order by name')
    writeSnapshot({
      version: productVersion,
      migrations: applied.map(({ name }) => String(name)),
      tables: await readTables(made.database.sql),
      files: contentsOf(made.folder),
      facts,
    })
  })
}

describe('data of an earlier version', () => {
  it('is kept for this version, and for each that was released before', () => {
    const released = [...readFileSync(changelog, 'utf8').matchAll(/^## \[(\d+\.\d+\.\d+)\]/gm)].map(
      ([, version]) => version,
    )
    expect(released).toContain(productVersion)
    expect([...snapshotVersions()], 'write that of this version with MUSTER_WRITE_SNAPSHOT=1').toEqual(released.sort())
  })

  it('has rows in every table', () => {
    for (const version of snapshotVersions()) {
      const { tables } = readSnapshot(version)
      expect(
        Object.keys(tables)
          .filter((table) => tables[table]?.length === 0)
          .sort(),
      ).toEqual([
        ...empty_tables,
        'journal_retired',
        // It holds who is alive just now.
        'processes',
      ])
    }
  })

  it('survives every later migration, and the API says the same of it, unless something was changed', async () => {
    for (const version of snapshotVersions()) {
      const snapshot = readSnapshot(version)
      const { source, drop } = await emptyDatabase()
      try {
        await restore(source, snapshot)
        await migrate(source, migrations)
        const facts = await factsAfterwards(source, snapshot)
        for (const [organization_id, before] of Object.entries(snapshot.facts)) {
          expect(facts.get(organization_id), `${version} ${organization_id}`).toEqual(before)
          expect(before.journal.valid).toBe(true)
        }
        if (version === productVersion) await mustShowChanges(source, snapshot)
      } finally {
        await drop()
      }
    }
  })
})

/** Changes something of each part that is compared, and expects that part to differ, and of the lists the changed one. */
async function mustShowChanges(source: ConnectionSource, snapshot: Snapshot): Promise<void> {
  await source.use(async (connection) => {
    await connection.simple('update state_documents set version = version + 1')
    await connection.simple("update planner_goals set title = title || '!'")
    await connection.simple('delete from gateway_attempts')
    await connection.simple(
      'delete from journal_segments where (organization_id, first_number) in (select organization_id, max(first_number) from journal_segments group by 1)',
    )
  })
  const facts = await factsAfterwards(source, snapshot)
  for (const [organization_id, before] of Object.entries(snapshot.facts)) {
    const after = facts.get(organization_id)
    expect(after?.documents).not.toEqual(before.documents)
    expect(after?.journal).not.toEqual(before.journal)
    expect(after?.lists['goals.list']).not.toEqual(before.lists['goals.list'])
    expect(before.lists['models.attempts']).toHaveLength(1)
    expect(after?.lists['models.attempts']).toBeUndefined()
    expect(after?.lists['projects.list']).toEqual(before.lists['projects.list'])
  }
}

/** What this version's API says of a data set, by organization, asked with a new key of each. */
async function factsAfterwards(source: ConnectionSource, snapshot: Snapshot): Promise<ReadonlyMap<string, Facts>> {
  const folder = mkdtempSync(join(tmpdir(), 'muster-test-upgrade-'))
  for (const [path, content] of Object.entries(snapshot.files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), Buffer.from(content, 'base64'))
  }
  const config = { ...readConfig({ MUSTER_DATA_DIR: folder, MUSTER_FAST: '1' }), services: ['api'] as const }
  const database = createDatabase(source)
  const epoch = await database.engine.transact(currentEpoch)
  const options = { config, database: { ...database, epoch }, log: silent_log }
  const program = compose({ ...options, directory: { path: folder }, secrets: test_secrets })
  const { app } = createApi(program, options).http
  try {
    await app.ready()
    const facts = new Map<string, Facts>()
    for (const organization_id of Object.keys(snapshot.facts)) {
      const { key } = await program.identity.recoverKey(organization_id)
      facts.set(organization_id, await factsOf(apiClientOf(app, { organization_id, key })))
    }
    return facts
  } finally {
    await app.close()
    await program.gateway[Symbol.asyncDispose]()
    await program.threads[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Every file below a folder in base64, by its path in it. */
function contentsOf(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return Object.fromEntries(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name)
      return [path.slice(folder.length + 1), readFileSync(path).toString('base64')]
    }),
  )
}
