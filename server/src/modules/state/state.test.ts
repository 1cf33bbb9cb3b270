import {
  documentDiff,
  documentHistory,
  documentList,
  document as documentShape,
} from '@muster/contract/state/documents'
import { globalState } from '@muster/contract/state/global-state'
import type { Json } from '@muster/contract/values'
import { beforeEach, describe, expect, it } from 'vitest'
import { testBounded } from '../../../test/bounded.ts'
import { testDatabase } from '../../../test/database.ts'
import { newTenant, type Tenant } from '../../../test/tenant.ts'
import { createRequestTransactions } from '../../platform/db/request-transactions.ts'
import { sql } from '../../platform/db/sql.ts'
import { newId } from '../../platform/ids.ts'
import { canonical, sha256 } from '../../platform/journal/seal.ts'
import { connectedExtensions, extend } from '../../platform/module/extension-point.ts'
import { scopes } from '../identity/identity.extensions.ts'
import { createScopeLookup } from '../identity/scopes.service.ts'
import type { CommitOutcome, CommitRequest, ReadVersion } from './state.port.ts'
import { createState } from './state.service.ts'

const { db, engine, journal, sql: query } = await testDatabase()
const agents = new Map<string, { organization_id: string; id: string; name: string; stopped: boolean }>()
const nothing = { project_id: null, goal_id: null, task_id: null, agent_id: null, usable: true }
const extensions = connectedExtensions(
  extend(scopes, {
    kind: 'agent',
    find: async (_tx, organization_id, refs) =>
      new Map(
        refs.flatMap((ref) => {
          const agent = agents.get(ref)
          return agent?.organization_id === organization_id ? [[ref, { ...nothing, ...agent }]] : []
        }),
      ),
  }),
)
const state = createState({
  bounded: testBounded(),
  transactions: createRequestTransactions(db),
  journal,
  projects: {
    gates: (tx, refs) =>
      tx.rows(sql`select organization_id, project_id, status, stopped, policy_version, oversight
      from projects_gate_v where organization_id = ${refs[0]?.organization_id} and project_id = ${refs[0]?.project_id}`),
  },
  identity: createScopeLookup(extensions),
})
const { documents, global } = state

let here: Tenant
beforeEach(async () => {
  here = await newTenant(engine)
})

const code = (expected: string) => expect.objectContaining({ code: expected })
const at = (document: string, { project_id } = here) => ({ project_id, document })
const put = (document: string, value: Json, if_match?: number) =>
  documents.put(here.person, at(document), { value, if_match })

type Operation = Omit<CommitRequest['operations'][number], 'scope' | 'scope_id'>

function commit(
  operations: readonly Operation[],
  reads: readonly Pick<ReadVersion, 'document' | 'version' | 'may_move'>[] = [],
) {
  const { organization_id, project_id, person } = here
  const address = { scope: 'project', scope_id: project_id } as const
  const request: CommitRequest = {
    ...{ organization_id, project_id, goal_id: null, task_id: null, run_id: null, committed_by: person.principal },
    read_set: reads.map((read) => ({ ...address, ...read })),
    operations: operations.map((operation) => ({ ...address, ...operation })),
  }
  return engine.transact(async (tx) => (await state.commit(tx, [request]))[0] as CommitOutcome)
}

const read = async (document: string) => {
  const { organization_id, project_id } = here
  const ref = { organization_id, scope: 'project', scope_id: project_id, document } as const
  return engine.transact(async (tx) => (await state.read(tx, [ref]))[0])
}

describe('the port', () => {
  it('lets one of 50 writers win each version, and loses no update', async () => {
    const writers = Array.from({ length: 50 }, (_, index) => index)
    let waiting = writers
    let rounds = 0
    while (waiting.length > 0) {
      rounds += 1
      const seen = await Promise.all(waiting.map(() => read('shared')))
      const outcomes = await Promise.all(
        waiting.map((writer, index) => {
          const { version = 0, value } = seen[index] ?? {}
          const list = [...((value as number[] | null) ?? []), writer]
          return commit(
            [{ op: 'set', document: 'shared', path: '', value: JSON.stringify(list) }],
            [{ document: 'shared', version }],
          )
        }),
      )
      expect(outcomes.filter(({ outcome }) => outcome === 'committed')).toHaveLength(1)
      waiting = waiting.filter((_writer, index) => outcomes[index]?.outcome === 'conflict')
    }
    const { version, value } = (await read('shared')) ?? {}
    expect(rounds).toBeLessThanOrEqual(50)
    expect(version).toBe(50)
    expect([...(value as number[])].sort((a, b) => a - b)).toEqual(writers)
  })

  it('never refuses append, increment and merge that nobody has read, and loses none', async () => {
    const all = Array.from({ length: 40 }, (_, index) =>
      commit([
        { op: 'increment', document: 'sum', path: '/n', value: '1' },
        { op: 'append', document: 'log', path: '', value: String(index) },
        { op: 'merge', document: 'map', path: '', value: JSON.stringify({ [`k${index}`]: index }) },
      ]),
    )
    for (const { outcome } of await Promise.all(all)) expect(outcome).toBe('committed')
    expect(await read('sum')).toMatchObject({ version: 40, value: { n: 40 } })
    expect((await read('log'))?.value).toHaveLength(40)
    expect(Object.keys((await read('map'))?.value as object)).toHaveLength(40)
  })

  it('commits wholly or not at all, and raises a version once a commit', async () => {
    expect(
      await commit([
        { op: 'create', document: 'a', path: '', value: '{"n":1}' },
        { op: 'set', document: 'a', path: '/m', value: '2' },
      ]),
    ).toMatchObject({ outcome: 'committed', written: [{ document: 'a', version: 1 }] })
    expect(
      await commit([
        { op: 'set', document: 'b', path: '', value: '1' },
        { op: 'append', document: 'a', path: '/n', value: '1' },
      ]),
    ).toMatchObject({ outcome: 'invalid' })
    expect(await read('a')).toMatchObject({ version: 1, value: { n: 1, m: 2 } })
    expect(await read('b')).toMatchObject({ version: 0, value: null })
  })

  it('refuses what has moved, leaves a row with the difference, and lets be what may move', async () => {
    await put('seen', 1)
    const moved = [{ scope: 'project', scope_id: here.project_id, document: 'seen', version: 0, current: 1 }]
    const set = [{ op: 'set', document: 'out', path: '', value: '1' }] as const
    expect(await commit(set, [{ document: 'seen', version: 0 }])).toEqual({ outcome: 'conflict', moved })
    const rows = await query('select moved from state_commit_conflicts where organization_id = $1', [
      here.organization_id,
    ])
    expect(rows).toEqual([{ moved }])
    expect(await commit(set, [{ document: 'seen', version: 0, may_move: true }])).toMatchObject({
      outcome: 'committed',
    })
    const create = [{ op: 'create', document: 'seen', path: '', value: '2' }] as const
    expect(await commit(create)).toMatchObject({ outcome: 'conflict' })
  })

  it('tells what has moved as the commit would', async () => {
    await put('x', 1)
    const { organization_id, project_id } = here
    const address = { scope: 'project', scope_id: project_id } as const
    const reads = [
      { ...address, document: 'x', version: 0 },
      { ...address, document: 'x', version: 1 },
      { ...address, document: 'absent', version: 0 },
      { ...address, document: 'absent', version: 3 },
      { ...address, document: 'x', version: 9, may_move: true },
    ]
    const moved = await engine.transact((tx) => state.moved(tx, organization_id, reads))
    expect(moved.map(({ document, version, current }) => [document, version, current])).toEqual([
      ['x', 0, 1],
      ['absent', 3, 0],
    ])
  })

  it('bears two first writers and a batch with one bad item', async () => {
    const { organization_id, project_id, person } = here
    const request = (document: string, value: string): CommitRequest => ({
      ...{
        organization_id,
        project_id,
        goal_id: null,
        task_id: null,
        run_id: null,
        committed_by: person.principal,
        read_set: [],
      },
      operations: [{ op: 'append', scope: 'project', scope_id: project_id, document, path: '', value }],
    })
    const both = await Promise.all(
      [1, 2].map((n) => engine.transact((tx) => state.commit(tx, [request('new', String(n))]))),
    )
    expect(both.flat().map(({ outcome }) => outcome)).toEqual(['committed', 'committed'])
    const large = JSON.stringify('x'.repeat(1024 * 1024))
    const outcomes = await engine.transact((tx) =>
      state.commit(tx, [request('new', '3'), request('new', large), request('new', '4')]),
    )
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['committed', 'invalid', 'committed'])
    expect((await read('new'))?.value).toHaveLength(4)
  })
})

describe('a document', () => {
  it('is set and read, with the hash of its canonical JSON', async () => {
    const value = { b: [1, { z: 1, a: 'ü' }], a: null }
    const set = documentShape.parse(await put('goals/1/brief', value))
    expect(set).toMatchObject({ document: 'goals/1/brief', scope: 'project', version: 1, value })
    expect(set.sha256).toBe(sha256(canonical(value)).toString('hex'))
    expect(await documents.get(here.person, at('goals/1/brief'))).toEqual(set)
    await put('goals/1/brief', 2)
    expect(await documents.get(here.person, at('goals/1/brief'), 1)).toEqual(set)
    await expect(documents.get(here.person, at('goals/1/brief'), 3)).rejects.toEqual(code('not_found'))
    await expect(documents.get(here.person, at('goals/1/brief'), Number.MAX_SAFE_INTEGER)).rejects.toEqual(
      code('not_found'),
    )
    await expect(documents.get(here.person, at('other'))).rejects.toEqual(code('not_found'))
  })

  it('is set only at the version that was read', async () => {
    await put('a', 1, 0)
    await expect(put('a', 2, 0)).rejects.toEqual(
      expect.objectContaining({ code: 'version_moved', detail: expect.objectContaining({ current: 1 }) }),
    )
    await put('a', 2, 1)
    await expect(put('b', 1, 4)).rejects.toEqual(code('version_moved'))
    const attempts = await Promise.allSettled([1, 2, 3, 4].map((n) => put('a', n, 2)))
    expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await documents.get(here.person, at('a'))).toMatchObject({ version: 3 })
    const firsts = await Promise.allSettled([1, 2, 3].map((n) => put('first', n, 0)))
    expect(firsts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it('is not set under an emergency stop', async () => {
    await query('update projects set stopped = true where id = $1', [here.project_id])
    await expect(put('a', 1)).rejects.toEqual(code('stopped'))
  })

  it('is nobody else’s', async () => {
    await put('mine', 1)
    const { person } = await newTenant(engine)
    const mine = at('mine')
    await expect(documents.get(person, mine)).rejects.toEqual(code('not_found'))
    await expect(documents.put(person, mine, { value: 2, if_match: undefined })).rejects.toEqual(code('not_found'))
    await expect(documents.list(person, here.project_id, { limit: 50 })).rejects.toEqual(code('not_found'))
    await expect(documents.history(person, mine, { limit: 50 })).rejects.toEqual(code('not_found'))
    await expect(documents.diff(person, mine, {})).rejects.toEqual(code('not_found'))
    expect(await documents.get(here.person, mine)).toMatchObject({ value: 1, version: 1 })
  })

  it('keeps its history, newest first, and says what differs', async () => {
    for (const value of [{ a: 1 }, { a: 2, b: [1] }, { b: [1, 2] }]) await put('h', value)
    const first = await documents.history(here.person, at('h'), { limit: 2 })
    const second = await documents.history(here.person, at('h'), { limit: 2, cursor: first.next_cursor })
    const all = documentHistory.parse({ items: [...first.items, ...second.items] }).items
    expect(all.map(({ version, committed_by }) => [version, committed_by])).toEqual(
      [3, 2, 1].map((n) => [n, here.person.principal]),
    )
    expect(second.next_cursor).toBeUndefined()
    const diff = documentDiff.parse(await documents.diff(here.person, at('h'), {}))
    expect([diff.from, diff.to]).toEqual([2, 3])
    expect(diff.changes).toEqual([
      { op: 'remove', path: '/a', before: 2 },
      { op: 'add', path: '/b/1', after: 2 },
    ])
    expect((await documents.diff(here.person, at('h'), { from: 0, to: 1 })).changes).toEqual([
      { op: 'add', path: '', after: { a: 1 } },
    ])
    await expect(documents.diff(here.person, at('h'), { from: 1, to: 9 })).rejects.toEqual(code('not_found'))
  })

  it('is listed by key, by prefix, page by page', async () => {
    const long = `goals/${'ü'.repeat(400)}`
    const keys = ['goals/b', 'goals/a', `${long}1`, `${long}2`, 'goals_x', 'a%', 'Z']
    for (const key of keys) await put(key, { key })
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await documents.list(here.person, here.project_id, { limit: 1, cursor })
      documentList.parse(page)
      seen.push(...page.items.map(({ document }) => document))
      cursor = page.next_cursor
      expect(cursor?.length ?? 0).toBeLessThanOrEqual(500)
    } while (cursor !== undefined)
    expect(seen).toEqual(['Z', 'a%', 'goals/a', 'goals/b', `${long}1`, `${long}2`, 'goals_x'])
    const prefixed = await documents.list(here.person, here.project_id, { limit: 50, prefix: 'goals/' })
    expect(prefixed.items).toHaveLength(4)
    const [entry] = prefixed.items
    expect(entry).toMatchObject({ size_bytes: JSON.stringify({ key: 'goals/a' }).length })
    expect(entry?.sha256).toBe(sha256(canonical({ key: 'goals/a' })).toString('hex'))
    for (const wrong of ['x', 'k', 'k!', 'hnot', 'kAA'])
      await expect(documents.list(here.person, here.project_id, { limit: 1, cursor: wrong }), wrong).rejects.toEqual(
        code('invalid'),
      )
  })
})

describe('global state', () => {
  async function agent(name = 'Scribe') {
    const made = { organization_id: here.organization_id, id: newId(), name, stopped: false }
    agents.set(made.id, made)
    agents.set(name, made)
    return made
  }

  it('is one document whose version is state_version, by id or name', async () => {
    const { id, name } = await agent()
    expect(globalState.parse(await global.get(here.person, name))).toEqual({
      agent_id: id,
      name,
      state_version: 0,
      value: {},
      goals: [],
      campaigns: [],
    })
    const updates = { goals: [{ action: 'add' as const, goal: { goal_id: 'g' } }] }
    const done = await global.update(here.person, {
      agent_id: name,
      input_state_version: 0,
      updates,
      commit_hash: 'a'.repeat(64),
    })
    expect(done).toMatchObject({ updated: true, new_state_version: 1 })
    expect(await global.get(here.person, id)).toMatchObject({ state_version: 1, goals: [{ goal_id: 'g' }] })
    const rows = await query('select events from journal_entries where organization_id = $1', [here.organization_id])
    expect(JSON.stringify(rows)).toContain('a'.repeat(64))
  })

  it('refuses an update of what has moved, and applies one of many at once', async () => {
    const { name } = await agent()
    const update = (n: number) => global.update(here.person, { agent_id: name, input_state_version: 0, merge: { n } })
    const attempts = await Promise.allSettled([1, 2, 3].map(update))
    expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const one of attempts) if (one.status === 'rejected') expect(one.reason).toEqual(code('occ_conflict'))
    await expect(update(4)).rejects.toEqual(code('occ_conflict'))
  })

  it('of a stopped or another tenant’s agent is not changed', async () => {
    const made = await agent()
    const { person } = await newTenant(engine)
    await expect(global.get(person, made.id)).rejects.toEqual(code('not_found'))
    made.stopped = true
    await expect(global.update(here.person, { agent_id: made.id, input_state_version: 0, merge: {} })).rejects.toEqual(
      code('stopped'),
    )
  })
})
