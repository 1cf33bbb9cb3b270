import { createHash } from 'node:crypto'
import type { Json } from '@muster/contract/values'
import type { Caller } from '../../platform/caller.ts'
import type { Tx } from '../../platform/db/db.ts'
import type { RequestTransactions } from '../../platform/db/request-transactions.ts'
import { invalid, invariant, MusterError, notFound } from '../../platform/errors.ts'
import type { Journal } from '../../platform/journal/record.ts'
import type { Bounded } from '../../platform/threads/bounded.ts'
import type { ProjectsPort } from '../projects/projects.port.ts'
import { difference } from './difference-function.ts'
import { commitAll } from './operations/commit.ts'
import { documentHash, type Owner, presentDocument, presentEntries } from './presenting.service.ts'
import type { DocumentRef } from './state.port.ts'
import { stateStore } from './state.store.ts'

const changes_max = 1_000
/** Longer keys stand in a cursor as their hash. */
const cursor_key_bytes_max = 350

export interface DocumentsOptions {
  readonly bounded: Pick<Bounded, 'inTransaction' | 'run'>
  readonly transactions: RequestTransactions
  readonly journal: Journal
  readonly projects: Pick<ProjectsPort, 'gates'>
}

/** One document of a project, by its key. */
export interface DocumentAddress {
  readonly project_id: string
  readonly document: string
}

interface ListQuery {
  readonly cursor?: string | undefined
  readonly limit: number
}

/** The documents of projects, as callers read and set them. */
export function createDocuments({ bounded, transactions, journal, projects }: DocumentsOptions) {
  const refOf = async (tx: Tx, caller: Caller, { project_id, document }: DocumentAddress): Promise<DocumentRef> => ({
    ...(await ownerOf(projects, tx, { caller, project_id })),
    document,
  })

  return {
    list: (caller: Caller, project_id: string, query: ListQuery & { readonly prefix?: string | undefined }) =>
      transactions.read(caller, async (tx) => {
        const owner = await ownerOf(projects, tx, { caller, project_id })
        const { prefix = '', cursor, limit } = query
        const rows = await stateStore.list(tx, owner, { prefix, after: keyOfCursor(cursor), limit: limit + 1 })
        const last = rows.length > limit ? rows[limit - 1] : undefined
        const items = await presentEntries(tx, owner, rows.slice(0, limit))
        return { items, ...(last && { next_cursor: cursorOf(last.document) }) }
      }),

    async get(caller: Caller, address: DocumentAddress, version?: number) {
      const { ref, row } = await transactions.read(caller, async (tx) => {
        const ref = await refOf(tx, caller, address)
        const row = await stateStore.find(tx, ref, version)
        if (!row) throw documentNotFound(address, version)
        return { ref, row }
      })
      return presentDocument(ref, row, await bounded.run(documentHash, row.value))
    },

    /** Sets a document. `if_match` is the version that was read, 0 for absent; undefined sets it whatever stands there. */
    async put(caller: Caller, address: DocumentAddress, { value, if_match }: PutRequest) {
      const text = JSON.stringify(value)
      // It is kept as this very text.
      const hash = await bounded.run(documentHash, text)
      return transactions.write(caller, async (tx) => {
        const owner = await lockOwner(projects, tx, { caller, project_id: address.project_id })
        const ref = { ...owner, document: address.document }
        await set(tx, { caller, ref, text, if_match })
        const row = await stateStore.find(tx, ref, undefined)
        invariant(row, 'a document that was just set is there')
        const { document, version, commit_id } = row
        const data = { commit_id, documents: [{ document, version }] }
        const { organization_id, principal: actor } = caller
        journal.record(tx, organization_id, [{ type: 'state.committed', actor, project_id: address.project_id, data }])
        return presentDocument(ref, row, hash)
      })
    },

    history: (caller: Caller, address: DocumentAddress, query: ListQuery) =>
      transactions.read(caller, async (tx) => historyOf(tx, await refOf(tx, caller, address), query)),

    diff: (caller: Caller, address: DocumentAddress, query: DiffQuery) =>
      transactions.read(caller, async (tx) => diffOf(bounded, tx, { ref: await refOf(tx, caller, address), query })),
  }
}

interface PutRequest {
  readonly value: Json
  /** Undefined: any version may stand there. */
  readonly if_match: number | undefined
}

interface SetRequest extends Pick<PutRequest, 'if_match'> {
  readonly caller: Caller
  readonly ref: DocumentRef
  /** JSON. */
  readonly text: string
}

interface DiffQuery {
  readonly from?: number | undefined
  readonly to?: number | undefined
}

interface ProjectRequest {
  readonly caller: Caller
  readonly project_id: string
}

type Gates = Pick<ProjectsPort, 'gates'>

async function ownerOf(projects: Gates, tx: Tx, { caller, project_id }: ProjectRequest): Promise<Owner> {
  const { organization_id } = caller
  const [gate] = await projects.gates(tx, [{ organization_id, project_id }], 'none')
  if (!gate) throw notFound('project', project_id)
  return { organization_id, scope: 'project', scope_id: project_id }
}

/** An emergency stop waits for a write that has begun; one that begins under a stop is refused. */
async function lockOwner(projects: Gates, tx: Tx, { caller, project_id }: ProjectRequest): Promise<Owner> {
  const { organization_id } = caller
  const [gate] = await projects.gates(tx, [{ organization_id, project_id }], 'share')
  if (!gate) throw notFound('project', project_id)
  if (gate.stopped) throw stoppedError()
  return { organization_id, scope: 'project', scope_id: project_id }
}

async function historyOf(tx: Tx, ref: DocumentRef, { cursor, limit }: ListQuery) {
  const rows = await stateStore.history(tx, ref, { before: versionOfCursor(cursor), limit: limit + 1 })
  if (rows.length === 0 && cursor === undefined) throw documentNotFound(ref)
  const items = rows.slice(0, limit)
  const entries = await presentEntries(tx, ref, items)
  const last = rows.length > limit ? items.at(-1) : undefined
  return {
    items: entries.map((entry, index) => ({ ...entry, ...committedBy(items[index]) })),
    ...(last && { next_cursor: Buffer.from(String(last.version)).toString('base64url') }),
  }
}

async function diffOf(
  bounded: DocumentsOptions['bounded'],
  tx: Tx,
  { ref, query }: { readonly ref: DocumentRef; readonly query: DiffQuery },
) {
  const current = await stateStore.find(tx, ref, undefined)
  if (!current) throw documentNotFound(ref)
  const to = query.to ?? current.version
  const from = query.from ?? Math.max(0, to - 1)
  const [before, after] = [await valueAt(tx, ref, from), await valueAt(tx, ref, to)]
  return { document: ref.document, from, to, ...bounded.inTransaction(difference, { before, after, changes_max }) }
}

/** The value of a version, as JSON text; of version 0, which is "absent", undefined. */
async function valueAt(tx: Tx, ref: DocumentRef, version: number): Promise<string | undefined> {
  if (version === 0) return undefined
  const row = await stateStore.find(tx, ref, version)
  if (!row) throw documentNotFound(ref, version)
  return row.value
}

/** Sets the whole of a document, if it still has the version that was read. */
async function set(tx: Tx, { caller, ref, text, if_match }: SetRequest): Promise<void> {
  const { organization_id, ...address } = ref
  const [outcome] = await commitAll(tx, [
    {
      organization_id,
      project_id: ref.scope_id,
      goal_id: null,
      task_id: null,
      run_id: null,
      committed_by: caller.principal,
      read_set: if_match === undefined ? [] : [{ ...address, version: if_match }],
      operations: [{ ...address, op: 'set', path: '', value: text }],
    },
  ])
  if (outcome?.outcome === 'invalid') throw invalid('value', outcome.reason)
  if (outcome?.outcome !== 'conflict') return
  const current = outcome.moved[0]?.current ?? 0
  throw new MusterError('version_moved', `The document ${ref.document} is at version ${current}, not ${if_match}.`, {
    field: 'If-Match',
    value: if_match,
    current,
    remedy: 'Read the document again and retry with its current version.',
  })
}

function committedBy(row: Awaited<ReturnType<typeof stateStore.history>>[number] | undefined) {
  invariant(row, 'every entry comes from a row')
  const { committed_by, goal_id, task_id, run_id } = row
  return { committed_by, ...(goal_id && { goal_id }), ...(task_id && { task_id }), ...(run_id && { run_id }) }
}

function documentNotFound({ document }: Pick<DocumentAddress, 'document'>, version?: number): MusterError {
  return version === undefined
    ? notFound('document', document)
    : notFound(`version ${version} of the document`, document)
}

function stoppedError(): MusterError {
  return new MusterError('stopped', 'An emergency stop is active; nothing is committed.', {
    remedy: 'Lift the emergency stop first.',
  })
}

function cursorOf(key: string): string {
  const bytes = Buffer.from(key)
  if (bytes.length <= cursor_key_bytes_max) return `k${bytes.toString('base64url')}`
  return `h${createHash('sha256').update(bytes).digest('hex')}`
}

function keyOfCursor(cursor: string | undefined): { readonly key: string } | { readonly sha256: string } | undefined {
  if (cursor === undefined) return undefined
  if (/^h[0-9a-f]{64}$/.test(cursor)) return { sha256: cursor.slice(1) }
  const key = Buffer.from(cursor.slice(1), 'base64url').toString('utf8')
  if (!cursor.startsWith('k') || key === '' || cursorOf(key) !== cursor || key.includes('\0')) throw noCursor()
  return { key }
}

function versionOfCursor(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined
  const version = Buffer.from(cursor, 'base64url').toString('utf8')
  if (!/^\d{1,9}$/.test(version)) throw noCursor()
  return Number(version)
}

const noCursor = () => invalid('cursor', 'Invalid cursor. Use next_cursor of the same list.')
