import { createYielder } from '../../platform/concurrency/event-loop.ts'
import type { Tx } from '../../platform/db/db.ts'
import { canonical, sha256 } from '../../platform/journal/seal.ts'
import { boundedFunction } from '../../platform/threads/bounded-function.ts'
import type { DocumentRef } from './state.port.ts'
import { stateStore, type VersionRow } from './state.store.ts'

export type Owner = Omit<DocumentRef, 'document'>

/** The bytes of values in memory at a time while lists are hashed. */
const hashed_at_once_bytes = 8 * 1024 * 1024

/** A value's SHA-256 as the contract has it, over canonical JSON (RFC 8785). Not stored: a commit need not pay for it. */
export const documentHash = boundedFunction({
  name: 'state.document-hash',
  subject: 'The hash of the document',
  remedy: 'Make the document smaller.',
  time_ms: 10_000,
  estimateMs: (json: string) => json.length * hash_ms_per_character,
  run: (json) => sha256(canonical(JSON.parse(json))).toString('hex'),
})

/** An object of many names, which have to be sorted. */
const hash_ms_per_character = 0.0005

/** Versions as entries of a list: with the hashes of their values, which are read in pieces of bounded size. */
export async function presentEntries<Row extends VersionRow>(tx: Tx, owner: Owner, rows: readonly Row[]) {
  const hashes: string[] = []
  const turns = createYielder()
  for (const piece of piecesOf(rows))
    for (const text of await stateStore.texts(tx, owner, piece)) {
      hashes.push(documentHash.run(text))
      const end = turns.yieldIfDue()
      if (end) await end
    }
  return rows.map((row, index) => {
    const { document, version, size_bytes, commit_id, committed_at } = row
    return {
      document,
      ...ownerFields(owner),
      version,
      size_bytes,
      sha256: hashes[index] ?? '',
      commit_id,
      committed_at,
    }
  })
}

/** A version with its value, which comes as JSON text. `hash`: that of its text. */
export function presentDocument(owner: Owner, row: VersionRow & { readonly value: string }, hash: string) {
  const { document, version, value, commit_id, committed_at } = row
  const facts = { document, ...ownerFields(owner), version, commit_id, committed_at }
  return { ...facts, value: JSON.parse(value), sha256: hash }
}

function ownerFields({ scope, scope_id }: Owner) {
  return scope === 'project' ? { scope, project_id: scope_id } : { scope, agent_id: scope_id }
}

function piecesOf<Row extends VersionRow>(rows: readonly Row[]): Row[][] {
  const pieces: Row[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const row of rows) {
    bytes += row.size_bytes
    if (bytes > hashed_at_once_bytes) {
      pieces.push([])
      bytes = row.size_bytes
    }
    pieces.at(-1)?.push(row)
  }
  return pieces
}
