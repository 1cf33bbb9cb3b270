import { appendFile, mkdtemp, readdir, rm, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import {
  type ArtifactUpload,
  artifactList,
  artifact as artifactShape,
  lineage as lineageShape,
} from '@muster/contract/artifacts/artifacts'
import { limits } from '@muster/contract/limits'
import { unzipSync } from 'fflate'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { testDatabase } from '../../../test/database.ts'
import { createDirectoryBlobs } from '../../platform/blobs/directory.ts'
import type { Caller } from '../../platform/caller.ts'
import { createRequestTransactions } from '../../platform/db/request-transactions.ts'
import { sql } from '../../platform/db/sql.ts'
import { newId } from '../../platform/ids.ts'
import { connectedExtensions, extend } from '../../platform/module/extension-point.ts'
import { scopes } from '../identity/identity.extensions.ts'
import type { Scope, ScopeKind } from '../identity/identity.port.ts'
import { createScopeLookup } from '../identity/scopes.service.ts'
import { grants } from './artifacts.extensions.ts'
import { createArtifacts } from './artifacts.service.ts'

const { db, engine, journal, sql: query } = await testDatabase()
const directory = await mkdtemp(join(tmpdir(), 'muster-artifacts-'))
afterAll(() => rm(directory, { recursive: true, force: true }))

type Known = Partial<Scope> & { readonly organization_id: string }

function scopeKind(kind: ScopeKind['kind'], things: ReadonlyMap<string, Known>): ScopeKind {
  return {
    kind,
    find: async (_tx, organization_id, refs) =>
      new Map(
        refs.flatMap((ref) => {
          const known = own(things.get(ref), organization_id)
          return known ? [[ref, { ...nothing, id: ref, name: ref, ...known }]] : []
        }),
      ),
  }
}

const nothing = { project_id: null, goal_id: null, task_id: null, agent_id: null, stopped: false, usable: true }

/** What later modules would say of runs and goals. */
const runs = new Map<string, Known>()
const goals = new Map<string, Known>()
const handed = new Map<string, Set<string>>()
const blobs = createDirectoryBlobs({ directory })
const extensions = connectedExtensions(
  extend(scopes, scopeKind('run', runs), scopeKind('goal', goals)),
  extend(grants, {
    handedOut: async (_tx, _organization_id, { agent_id, artifact_ids }) =>
      new Set(artifact_ids.filter((id) => handed.get(agent_id)?.has(id))),
  }),
)
const artifacts = createArtifacts({
  db,
  transactions: createRequestTransactions(db),
  blobs,
  journal,
  projects: {
    gates: (tx, refs) =>
      tx.rows(sql`select organization_id, project_id, status, stopped, policy_version, oversight
      from projects_gate_v where organization_id = ${refs[0]?.organization_id} and project_id = ${refs[0]?.project_id}`),
  },
  extensions,
  identity: createScopeLookup(extensions),
})

function own<T extends { organization_id: string }>(found: T | undefined, organization_id: string): T | undefined {
  return found?.organization_id === organization_id ? found : undefined
}

async function tenant() {
  const [organization_id, project_id] = [newId(), newId()]
  await engine.transact(async (tx) => {
    await tx.execute(sql`insert into identity_organizations (organization_id, name) values (${organization_id}, 'o')`)
    await tx.execute(sql`insert into projects (organization_id, id, name, oversight, policy_version)
      values (${organization_id}, ${project_id}, 'p', 'medium', 1)`)
  })
  const caller = (agent_id: string | null = null): Caller => {
    const key = { kind: 'key', id: newId() } as const
    const principal = agent_id === null ? key : ({ kind: 'agent', id: agent_id, on_behalf_of: key } as const)
    return { organization_id, principal, agent_id, permissions: new Set(), request_id: 'r' }
  }
  return { organization_id, project_id, caller, person: caller() }
}

type Tenant = Awaited<ReturnType<typeof tenant>>

const file = (file_name: string, ...parts: readonly (string | Error)[]) => ({
  file_name,
  media_type: '',
  content: chunks(parts),
})

async function* chunks(parts: readonly (string | Error)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    if (part instanceof Error) throw part
    yield Buffer.from(part)
  }
}

async function* all<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items
}

const upload = (caller: Caller, fields: Record<string, string>, ...files: ReturnType<typeof file>[]) =>
  artifacts.upload(caller, { fields: fields as ArtifactUpload, files: all(files) })

async function uploadOne(of: Tenant, name = 'a.txt', text = 'some text', more: Record<string, string> = {}) {
  const { items } = await upload(of.person, { project_id: of.project_id, ...more }, file(name, text))
  const [made] = items
  if (!made) throw new Error('nothing was made')
  return made
}

const rowsOf = ({ organization_id }: Tenant) =>
  query('select * from artifacts where organization_id = $1', [organization_id])
const code = (expected: string) => expect.objectContaining({ code: expected })
const text = async (caller: Caller, id: string, range?: string) => {
  const { body, ...rest } = await artifacts.download(caller, id, { range })
  return { ...rest, text: body === undefined ? undefined : (await buffer(body)).toString() }
}

let here: Tenant
beforeEach(async () => {
  here = await tenant()
})

describe('an upload', () => {
  it('keeps many files with their folders, in order', async () => {
    const { items } = await upload(
      here.person,
      { project_id: here.project_id },
      file('in/a.md', '# A'),
      file('in/b.json', '{}'),
      file('c', ''),
    )
    artifactList.parse({ items })
    expect(items.map(({ name, media_type, size_bytes, type }) => [name, media_type, size_bytes, type])).toEqual([
      ['in/a.md', 'text/markdown', 3, 'user_input'],
      ['in/b.json', 'application/json', 2, 'user_input'],
      ['c', 'application/octet-stream', 0, 'user_input'],
    ])
    expect(await text(here.person, items[0]?.id ?? '')).toMatchObject({ text: '# A', status: 200 })
  })

  it('takes its name from the field instead, for one file', async () => {
    expect(await uploadOne(here, 'x', 'y', { name: 'deep/er.txt' })).toMatchObject({ name: 'deep/er.txt' })
    const two = upload(here.person, { project_id: here.project_id, name: 'n' }, file('a', '1'), file('b', '2'))
    await expect(two).rejects.toEqual(code('invalid'))
  })

  it('with one bad name, a cut file or nothing at all keeps no row', async () => {
    const { person, project_id } = here
    await expect(upload(person, { project_id }, file('good', '1'), file('../bad', '2'))).rejects.toEqual(
      code('invalid'),
    )
    await expect(
      upload(person, { project_id }, file('good', '1'), file('cut', '2', new Error('gone'))),
    ).rejects.toThrow('gone')
    await expect(upload(person, { project_id })).rejects.toEqual(code('invalid'))
    expect(await rowsOf(here)).toEqual([])
    expect(await readdir(join(directory, 'tmp'))).toEqual([])
  })

  it('refuses a file over the limit', async () => {
    const mebibyte = 'x'.repeat(1024 * 1024)
    const parts = Array.from({ length: limits.upload_file_bytes_max / 1024 / 1024 }, () => mebibyte)
    await expect(upload(here.person, { project_id: here.project_id }, file('large', ...parts, '!'))).rejects.toEqual(
      code('too_large'),
    )
    expect(await rowsOf(here)).toEqual([])
  })

  it('into what is not there, or somebody else’s, finds nothing', async () => {
    const there = await tenant()
    const theirs = await uploadOne(there)
    const goal_id = newId()
    goals.set(goal_id, there)
    for (const fields of [
      { project_id: there.project_id },
      { project_id: newId() },
      { project_id: here.project_id, goal_id },
      { version_of: theirs.id },
      { run_id: newId() },
    ])
      await expect(upload(here.person, fields, file('a', '1')), JSON.stringify(fields)).rejects.toEqual(
        code('not_found'),
      )
    await expect(upload(here.person, {}, file('a', '1'))).rejects.toEqual(code('invalid'))
    expect(await rowsOf(here)).toEqual([])
  })

  it('repeated with its key makes nothing twice, and tells other files apart', async () => {
    const caller = { ...here.person, idempotency: { key: 'k', operation: 'artifacts.upload', body_sha256: 'form' } }
    const first = await upload(caller, { project_id: here.project_id }, file('a', '1'))
    expect(await upload(caller, { project_id: here.project_id }, file('a', '1'))).toEqual(first)
    await expect(upload(caller, { project_id: here.project_id }, file('a', '2'))).rejects.toEqual(
      code('idempotency_mismatch'),
    )
    expect(await rowsOf(here)).toHaveLength(1)
  })

  it('stops at what a goal may have, also when many come at once', async () => {
    const goal_id = newId()
    goals.set(goal_id, here)
    const { organization_id, project_id } = here
    await query(
      `insert into artifacts (organization_id, id, project_id, goal_id, name, type, media_type, size_bytes, sha256, created_by)
       select $1, gen_random_uuid(), $2, $3, 'n', 't', 'm/m', 1, 'x', '{}' from generate_series(1, $4)`,
      [organization_id, project_id, goal_id, limits.goal_input_files_max - 2],
    )
    const attempts = await Promise.allSettled([1, 2, 3, 4].map((n) => uploadOne(here, `f${n}`, 'x', { goal_id })))
    expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(2)
    for (const one of attempts) if (one.status === 'rejected') expect(one.reason).toEqual(code('too_large'))
  })
})

describe('a download', () => {
  it('is an attachment with an ETag, whole or in part', async () => {
    const { id, sha256 } = await uploadOne(here, 'in/ü.txt', '0123456789')
    const whole = await text(here.person, id)
    expect(whole).toMatchObject({ status: 200, text: '0123456789' })
    expect(whole.headers).toMatchObject({
      etag: `"${sha256}"`,
      'content-length': '10',
      'x-content-type-options': 'nosniff',
      'accept-ranges': 'bytes',
      'content-disposition': `attachment; filename="_.txt"; filename*=UTF-8''%C3%BC.txt`,
    })
    const part = await text(here.person, id, 'bytes=2-4')
    expect(part).toMatchObject({
      status: 206,
      text: '234',
      headers: { 'content-range': 'bytes 2-4/10', 'content-length': '3' },
    })
    await expect(text(here.person, id, 'bytes=10-')).rejects.toEqual(code('range'))
    expect(await artifacts.download(here.person, id, { if_none_match: `"${sha256}"` })).not.toHaveProperty('body')
    const other = await artifacts.download(here.person, id, { range: 'bytes=0-1', if_range: '"other"' })
    expect(other.status).toBe(200)
    other.body?.destroy()
  })

  it('of an empty file is empty', async () => {
    const { id } = await uploadOne(here, 'empty', '')
    expect(await text(here.person, id)).toMatchObject({ status: 200, text: '', headers: { 'content-length': '0' } })
  })
})

describe('another tenant', () => {
  it('sees nothing', async () => {
    const { id } = await uploadOne(here)
    const { person } = await tenant()
    await expect(artifacts.get(person, id)).rejects.toEqual(code('not_found'))
    await expect(artifacts.lineage(person, id)).rejects.toEqual(code('not_found'))
    await expect(artifacts.download(person, id, {})).rejects.toEqual(code('not_found'))
    expect(await artifacts.list(person, { limit: 50 })).toEqual({ items: [] })
    await db.transact({ organization_id: person.organization_id }, async (tx) => {
      expect(await artifacts.describe(tx, person.organization_id, [id])).toEqual([])
      expect(await artifacts.content(tx, person.organization_id, [id])).toEqual([])
    })
  })
})

describe('an agent', () => {
  async function work() {
    const [agent_id, run_id] = [newId(), newId()]
    const { organization_id, project_id } = here
    runs.set(run_id, { organization_id, project_id, goal_id: null, task_id: newId(), agent_id })
    return { agent: here.caller(agent_id), agent_id, run_id }
  }

  it('uploads for its own live runs only', async () => {
    const [mine, other] = [await work(), await work()]
    const { items } = await upload(mine.agent, { run_id: mine.run_id }, file('out.md', 'done'))
    expect(items[0]).toMatchObject({ run_id: mine.run_id, type: 'agent_output', project_id: here.project_id })
    await expect(upload(mine.agent, { run_id: other.run_id }, file('a', '1'))).rejects.toEqual(code('not_found'))
    await expect(upload(mine.agent, { project_id: here.project_id }, file('a', '1'))).rejects.toEqual(code('forbidden'))
    runs.delete(mine.run_id)
    await expect(upload(mine.agent, { run_id: mine.run_id }, file('a', '1'))).rejects.toEqual(code('not_found'))
  })

  it('sees what its runs made and what they were handed, nothing else', async () => {
    const [mine, other] = [await work(), await work()]
    const made = (await upload(mine.agent, { run_id: mine.run_id }, file('out', '1'))).items[0]?.id ?? ''
    const input = await uploadOne(here, 'input')
    const hidden = await uploadOne(here, 'hidden')
    handed.set(mine.agent_id, new Set([input.id]))
    expect((await artifacts.list(mine.agent, { limit: 50 })).items.map(({ id }) => id)).toEqual([made])
    expect(await text(mine.agent, input.id)).toMatchObject({ status: 200 })
    await expect(artifacts.get(mine.agent, hidden.id)).rejects.toEqual(code('not_found'))
    await expect(artifacts.get(other.agent, made)).rejects.toEqual(code('not_found'))
    await expect(upload(mine.agent, { run_id: mine.run_id, version_of: hidden.id }, file('a', '1'))).rejects.toEqual(
      code('not_found'),
    )
  })
})

describe('lineage', () => {
  it('goes up to what it was made of and down to what was made of it', async () => {
    const { organization_id, project_id } = here
    const [input, unrelated] = [await uploadOne(here, 'input'), await uploadOne(here, 'unrelated')]
    const run_id = newId()
    runs.set(run_id, { organization_id, project_id, goal_id: null, task_id: null, agent_id: newId() })
    const output = await uploadOne(here, 'output', 'made', { run_id })
    await engine.transact((tx) =>
      artifacts.recordLineage(tx, [
        {
          organization_id,
          run_id,
          sha256: output.sha256,
          source_kind: 'artifact',
          source_id: input.id,
          relation: 'source',
        },
      ]),
    )
    const edited = await uploadOne(here, 'output', 'better', { version_of: output.id })
    expect(artifactShape.parse(edited)).toMatchObject({
      version: 2,
      version_of: output.id,
      human_edited: true,
      type: 'agent_output',
    })
    for (const { id } of [input, output, edited]) {
      const traced = lineageShape.parse(await artifacts.lineage(here.person, id))
      expect(traced.artifacts.map((one) => one.id).sort()).toEqual([input.id, output.id, edited.id].sort())
      expect(traced.edges).toEqual(
        expect.arrayContaining([
          { parent_id: input.id, child_id: output.id, relation: 'source', run_id },
          { parent_id: output.id, child_id: edited.id, relation: 'edit' },
        ]),
      )
      expect(traced.edges).toHaveLength(2)
    }
    expect((await artifacts.lineage(here.person, unrelated.id)).edges).toEqual([])
    await engine.transact(async (tx) => {
      expect(await artifacts.lineageOf(tx, organization_id, [run_id])).toMatchObject([{ source_id: input.id }])
    })
  })

  it('bears a circle', async () => {
    const { organization_id, project_id } = here
    const run_id = newId()
    runs.set(run_id, { organization_id, project_id, goal_id: null, task_id: null, agent_id: newId() })
    const one = await uploadOne(here, 'one', '1', { run_id })
    await engine.transact((tx) =>
      artifacts.recordLineage(tx, [
        { organization_id, run_id, sha256: 'x', source_kind: 'artifact', source_id: one.id, relation: 'input' },
      ]),
    )
    expect((await artifacts.lineage(here.person, one.id)).artifacts).toHaveLength(1)
  })
})

describe('lists and bundles', () => {
  it('lists the newest first, page by page, filtered', async () => {
    const goal_id = newId()
    goals.set(goal_id, here)
    const ids = [
      await uploadOne(here, 'a'),
      await uploadOne(here, 'b', 'x', { goal_id }),
      await uploadOne(here, 'c'),
    ].map(({ id }) => id)
    const first = await artifacts.list(here.person, { limit: 2 })
    const second = await artifacts.list(here.person, { limit: 2, cursor: first.next_cursor })
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(ids.reverse())
    expect(second.next_cursor).toBeUndefined()
    const filtered = { limit: 50, goal_id } as Parameters<typeof artifacts.list>[1]
    expect((await artifacts.list(here.person, filtered)).items.map(({ name }) => name)).toEqual(['b'])
    await engine.transact(async (tx) => {
      expect((await artifacts.ofGoal(tx, here.organization_id, goal_id)).map(({ name }) => name)).toEqual(['b'])
    })
  })

  it('packs a zip with names told apart', async () => {
    const [a, b] = [await uploadOne(here, 'in/a.txt', 'one '.repeat(50_000)), await uploadOne(here, 'in/A.txt', 'two')]
    const files = [a, b].map(({ name, media_type, sha256 }) => ({ name, media_type, sha256 }))
    const parts: Uint8Array[] = []
    for await (const part of artifacts.bundle(here.organization_id, [...files, { name: 'lineage.json', text: '{}' }]))
      parts.push(part)
    const unpacked = Object.entries(unzipSync(Buffer.concat(parts))).map(([name, bytes]) => [
      name,
      Buffer.from(bytes).toString(),
    ])
    expect(unpacked).toEqual([
      ['in/a.txt', 'one '.repeat(50_000)],
      ['in/A (2).txt', 'two'],
      ['lineage.json', '{}'],
    ])
    expect(parts.reduce((sum, part) => sum + part.length, 0)).toBeLessThan(20_000)
  })
})

describe('content that the disk spoiled', () => {
  const path = (sha256: string) => join(directory, here.organization_id, sha256.slice(0, 2), sha256)

  it('is refused as such, and healed by the same content', async () => {
    const { id, sha256 } = await uploadOne(here, 'a', 'as it was')
    await appendFile(path(sha256), ' not')
    await expect(text(here.person, id)).rejects.toEqual(code('artifact_damaged'))
    await expect(text(here.person, id, 'bytes=0-3')).rejects.toEqual(code('artifact_damaged'))
    await uploadOne(here, 'b', 'as it was')
    expect(await text(here.person, id)).toMatchObject({ status: 200, text: 'as it was' })
  })

  it('is told of in a bundle, in the place of the file', async () => {
    const [good, bad, gone] = [
      await uploadOne(here, 'good.txt', 'a good one'),
      await uploadOne(here, 'bad.txt', 'a bad one'),
      await uploadOne(here, 'gone.txt', 'a gone one'),
    ]
    await appendFile(path(bad.sha256), '!')
    await rm(path(gone.sha256))
    const parts: Uint8Array[] = []
    for await (const part of artifacts.bundle(here.organization_id, [good, bad, gone])) parts.push(part)
    const unpacked = unzipSync(Buffer.concat(parts))
    expect(Object.keys(unpacked)).toEqual(['good.txt', 'bad.txt.damaged.txt', 'gone.txt.damaged.txt'])
    expect(Buffer.from(unpacked['bad.txt.damaged.txt'] ?? []).toString()).toContain(bad.sha256)
  })
})

it('sweeps content that no row names, when it is old', async () => {
  const kept = await uploadOne(here, 'kept', 'kept content')
  const orphan = await artifacts.keep(here.organization_id, Buffer.from('orphan'))
  const then = new Date(Date.now() - 2 * 3_600_000)
  const path = (sha256: string) => join(directory, here.organization_id, sha256.slice(0, 2), sha256)
  await artifacts.jobs[0]?.run()
  await expect(blobs.bytes({ organization_id: here.organization_id, sha256: orphan.sha256 })).resolves.toBeDefined()
  for (const { sha256 } of [kept, orphan]) await utimes(path(sha256), then, then)
  await artifacts.jobs[0]?.run()
  await expect(blobs.bytes({ organization_id: here.organization_id, sha256: orphan.sha256 })).rejects.toEqual(
    code('unavailable'),
  )
  expect(await text(here.person, kept.id)).toMatchObject({ text: 'kept content' })
})
