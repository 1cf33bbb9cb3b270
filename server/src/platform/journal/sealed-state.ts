import type { Engine } from '../db/db.ts'
import { sql } from '../db/sql.ts'

export interface SealedState {
  /** The number of the last sealed event; 0 where there is none. */
  readonly sealed_to: number
  /** Entries that are in no segment yet. */
  readonly unsealed: number
}

export type ReadSealedState = (organization_id: string) => Promise<SealedState>

/** Reads how far an organization's journal is sealed. The sequencer's cursor is the installation's, hence the engine. */
export function createSealedState({ engine }: { readonly engine: Engine }): ReadSealedState {
  return (organization_id) =>
    engine.transact(async (tx) => {
      const row = await tx.row<SealedState>(sql`
        select coalesce((select next_number - 1 from journal_heads where organization_id = ${organization_id}), 0)::bigint as sealed_to, (
          select count(*)::int from journal_entries e
          where (e.epoch, e.xid) >= (c.epoch, c.next_xid) and e.organization_id = ${organization_id}) as unsealed
        from journal_cursor c`)
      return row ?? { sealed_to: 0, unsealed: 0 }
    })
}
