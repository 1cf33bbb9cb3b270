import type { Tx } from '../db/db.ts'
import { sql } from '../db/sql.ts'
import { isUuid } from '../ids.ts'
import { decodeEntry, type EncodedEntry, entryIdOf, positionInEntry } from './encoding.ts'
import { payloadDigest } from './seal.ts'

/**
 * Erases an event's payload: payload and salt are replaced by their digest, over which its leaf was hashed, so the
 * chain still verifies. Type, subject and actor stay. Returns whether there was a payload.
 */
export async function erasePayload(tx: Tx, organization_id: string, event_id: string): Promise<boolean> {
  if (!isUuid(event_id)) return false
  const entry_id = entryIdOf(event_id)
  const row = await tx.row<{ events: EncodedEntry }>(sql`
    select events from journal_entries where organization_id = ${organization_id} and id = ${entry_id} for update`)
  if (row === undefined) return false
  const position = positionInEntry(event_id)
  const event = decodeEntry(entry_id, row.events)[position]
  if (event?.data === undefined) return false
  const data_digest = payloadDigest(event)
  const rows = row.events.rows.map((old, index) => (index === position ? [...old.slice(0, 3), { data_digest }] : old))
  const changedRows = await tx.execute(sql`
    update journal_entries set events = ${JSON.stringify({ ...row.events, rows })}
    where organization_id = ${organization_id} and id = ${entry_id}`)
  return changedRows === 1
}
