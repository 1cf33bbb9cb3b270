import { limits } from '@muster/contract/limits'
import type { Tx } from '../../../platform/db/db.ts'
import { isDuplicate } from '../../../platform/db/failures.ts'
import { newId } from '../../../platform/ids.ts'
import type { CommitOutcome, CommitRequest, DocumentRef, MovedDocument, ReadVersion } from '../state.port.ts'
import { applyOperation, OperationError } from '../state.rules.ts'
import { type CommitRow, type ConflictRow, type NewVersion, stateStore } from '../state.store.ts'

/** The head of a document within the batch. Texts are parsed only where an operation needs the value. */
interface Head {
  readonly version: number
  /** Undefined where the document is absent or its value was not needed. */
  readonly value?: unknown
  /** JSON text, of what this batch has written. */
  readonly text?: string
}

/** Commits results in their order, each wholly or not at all (see the port). Four statements at most, for any number. */
export async function commitAll(tx: Tx, requests: readonly CommitRequest[]): Promise<CommitOutcome[]> {
  const heads = await loadHeads(tx, requests)
  const versions: NewVersion[] = []
  const commits: CommitRow[] = []
  const conflicts: ConflictRow[] = []
  const outcomes = requests.map((request): CommitOutcome => {
    const moved = movedOf(request, heads)
    if (moved.length > 0) {
      conflicts.push({ ...rowOf(request), id: newId(), moved: JSON.stringify(moved) })
      return { outcome: 'conflict', moved }
    }
    try {
      const commit_id = newId()
      const newVersions = writeInto(heads, request, commit_id)
      versions.push(...newVersions)
      const facts = newVersions.map(({ scope, scope_id, document, version }) => ({
        scope,
        scope_id,
        document,
        version,
      }))
      commits.push({
        ...rowOf(request),
        id: commit_id,
        committed_by: JSON.stringify(request.committed_by),
        read_set: JSON.stringify(request.read_set),
        written: JSON.stringify(facts),
      })
      return { outcome: 'committed', commit_id, written: facts }
    } catch (error) {
      if (error instanceof OperationError) return { outcome: 'invalid', reason: error.message }
      throw error
    }
  })
  if (commits.length > 0) await writeOrRetry(tx, versions, commits)
  if (conflicts.length > 0) await stateStore.refuse(tx, conflicts)
  return outcomes
}

/** Two first writers of one document meet at the insert; the later one's whole transaction starts over (SQLSTATE 40001). */
async function writeOrRetry(tx: Tx, versions: readonly NewVersion[], commits: readonly CommitRow[]): Promise<void> {
  const documents = new Set(versions.map(keyOf)).size
  const headCount = await stateStore.write(tx, versions, commits).catch((error: unknown) => {
    throw isDuplicate(error, 'state_document_versions_pkey') ? createdMeanwhile() : error
  })
  if (headCount !== documents) throw createdMeanwhile()
}

function createdMeanwhile(): Error {
  return Object.assign(new Error('a document was created meanwhile'), { code: '40001' })
}

async function loadHeads(tx: Tx, requests: readonly CommitRequest[]): Promise<Map<string, Head>> {
  const touchedRefs = new Map<string, DocumentRef>()
  const refsWithValue = new Map<string, DocumentRef>()
  for (const { organization_id, read_set, operations } of requests) {
    for (const readVersion of read_set)
      touchedRefs.set(keyOf({ organization_id, ...readVersion }), { organization_id, ...readVersion })
    for (const operation of operations) {
      const ref = { organization_id, ...operation }
      touchedRefs.set(keyOf(ref), ref)
      if (!replacesAll(operation)) refsWithValue.set(keyOf(ref), ref)
    }
  }
  const heads = new Map<string, Head>([...touchedRefs.keys()].map((key) => [key, { version: 0, value: undefined }]))
  if (touchedRefs.size === 0) return heads
  const lockedRows = await stateStore.lock(tx, [...touchedRefs.values()])
  for (const row of lockedRows) heads.set(keyOf(row), { version: row.version })
  const existingRefs = [...refsWithValue.values()].filter((ref) => (heads.get(keyOf(ref))?.version ?? 0) > 0)
  if (existingRefs.length > 0)
    for (const row of await stateStore.read(tx, existingRefs))
      heads.set(keyOf(row), { version: row.version, value: row.value })
  return heads
}

function movedOf(request: CommitRequest, heads: ReadonlyMap<string, Head>): MovedDocument[] {
  const { organization_id, read_set, operations } = request
  const movedDocuments: MovedDocument[] = []
  const test = (readVersion: Omit<ReadVersion, 'may_move'>): void => {
    const current = heads.get(keyOf({ organization_id, ...readVersion }))?.version ?? 0
    const { scope, scope_id, document, version } = readVersion
    if (current !== version) movedDocuments.push({ scope, scope_id, document, version, current })
  }
  for (const readVersion of read_set) if (!readVersion.may_move) test(readVersion)
  for (const operation of operations)
    if (operation.op === 'create' && operation.path === '') test({ ...operation, version: 0 })
  return movedDocuments
}

function writeInto(heads: Map<string, Head>, request: CommitRequest, commit_id: string): NewVersion[] {
  const { organization_id } = request
  const next = new Map<string, NewVersion & { readonly parsed?: unknown }>()
  for (const operation of request.operations) {
    const { scope, scope_id, document } = operation
    const ref = { organization_id, scope, scope_id, document }
    const key = keyOf(ref)
    const head = heads.get(key) ?? { version: 0 }
    const before = next.get(key)
    const isNew = before === undefined && head.version === 0
    const whole = replacesAll(operation) && (operation.op === 'set' || isNew)
    const parsedValue = whole ? undefined : applyOperation(valueIn(before ? asHead(before) : head), operation)
    const value = whole ? operation.value : JSON.stringify(parsedValue)
    mustFit(document, value)
    next.set(key, { ...ref, version: head.version + 1, value, commit_id, ...(whole ? {} : { parsed: parsedValue }) })
  }
  for (const [key, version] of next) heads.set(key, asHead(version))
  return [...next.values()]
}

/**
 * Operations that replace the whole value, so that nothing is parsed. A `create` on an existing document is refused
 * before.
 */
function replacesAll({ op, path }: CommitRequest['operations'][number]): boolean {
  return path === '' && (op === 'set' || op === 'create')
}

function asHead({ version, value: text, parsed }: NewVersion & { readonly parsed?: unknown }): Head {
  return parsed === undefined ? { version, text } : { version, value: parsed }
}

function valueIn({ value, text }: Head): unknown {
  return value === undefined && text !== undefined ? JSON.parse(text) : value
}

function mustFit(document: string, value: string): void {
  const bytes_max = limits.document_bytes_max
  // A character has at most three bytes for each unit of its length, so most texts need not be counted.
  if (value.length * 3 <= bytes_max || Buffer.byteLength(value) <= bytes_max) return
  throw new OperationError(`document ${document} would exceed ${bytes_max} bytes`)
}

function rowOf({ organization_id, project_id, goal_id, task_id, run_id }: CommitRequest) {
  return { organization_id, project_id, goal_id, task_id, run_id }
}

function keyOf({ organization_id, scope, scope_id, document }: DocumentRef): string {
  return `${organization_id} ${scope} ${scope_id} ${document}`
}
