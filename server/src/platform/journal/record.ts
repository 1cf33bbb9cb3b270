import type { Tx } from '../db/db.ts'
import { sql } from '../db/sql.ts'
import { newId, newSecret } from '../ids.ts'
import { encodeEntry, eventId } from './encoding.ts'
import type { NewEvent } from './events.ts'

/** Records events in the transaction that they tell of (invariant 10). */
export interface Journal {
  /** Adds events of one organization; they keep the order of the calls and are written just before the commit. */
  record(tx: Tx, organization_id: string, events: readonly NewEvent[]): void
}

/**
 * Collects a transaction's events and writes them as one entry an organization (docs/decisions/0001). The entry has no
 * number: the sequencer gives numbers to what has been committed, so that no reader can pass over a late commit.
 */
export function createJournal(options: { readonly epoch: number; onRecorded(): void }): Journal {
  const open = new WeakMap<Tx, Map<string, NewEvent[]>>()
  const { epoch, onRecorded } = options

  async function write(tx: Tx, entries: Map<string, NewEvent[]>): Promise<void> {
    const writes = [...entries].map(([organization_id, events]) =>
      tx.execute(sql`insert into journal_entries (organization_id, id, epoch, events)
        values (${organization_id}, ${eventId(newId(), 0)}, ${epoch}, ${JSON.stringify(encodeEntry(events, () => newSecret(12)))})`),
    )
    await Promise.all(writes)
  }

  return {
    record(tx, organization_id, events) {
      if (events.length === 0) return
      let entries = open.get(tx)
      if (!entries) {
        const newEntries = new Map<string, NewEvent[]>()
        entries = newEntries
        open.set(tx, newEntries)
        tx.beforeCommit(() => write(tx, newEntries))
        tx.afterCommit(onRecorded)
      }
      const organizationEvents = entries.get(organization_id)
      if (organizationEvents) organizationEvents.push(...events)
      else entries.set(organization_id, [...events])
    },
  }
}
