import type { Actor } from '@muster/contract/platform/actors'
import type { Tx } from '../../platform/db/db.ts'
import { fragment, sql } from '../../platform/db/sql.ts'

export interface PersonaRow {
  readonly agent_id: string
  readonly version: number
  readonly soul: string
  readonly sha256: string
  readonly created_by: Actor
  readonly created_at: string
}

interface Ref {
  readonly organization_id: string
  readonly agent_id: string
}

const columns = fragment`agent_id, version, soul, sha256, created_by, created_at`

/** Statements of personas: versions that never change. */
export const personasStore = {
  /** Writes a version and puts it in force; the agent's row is locked by the caller. */
  async add(
    tx: Tx,
    { organization_id, agent_id }: Ref,
    persona: Omit<PersonaRow, 'agent_id' | 'created_at'> & { readonly name: string },
  ): Promise<PersonaRow | undefined> {
    const { version, soul, sha256, created_by, name } = persona
    await tx.execute(sql`
      update agents set persona_version = ${version}, persona_name = ${name}
      where organization_id = ${organization_id} and id = ${agent_id}`)
    return tx.row<PersonaRow>(sql`
      insert into agents_personas (organization_id, agent_id, version, soul, sha256, created_by)
      values (${organization_id}, ${agent_id}, ${version}, ${soul}, ${sha256}, ${JSON.stringify(created_by)})
      returning ${columns}`)
  },

  version(tx: Tx, { organization_id, agent_id }: Ref, version: number): Promise<PersonaRow | undefined> {
    return tx.row<PersonaRow>(sql`
      select ${columns} from agents_personas
      where organization_id = ${organization_id} and agent_id = ${agent_id} and version = ${version}`)
  },

  /** Newest first. */
  list(
    tx: Tx,
    { organization_id, agent_id }: Ref,
    { before, limit }: { readonly before: number | undefined; readonly limit: number },
  ): Promise<PersonaRow[]> {
    return tx.rows<PersonaRow>(sql`
      select ${columns} from agents_personas
      where organization_id = ${organization_id} and agent_id = ${agent_id}
        and ${before === undefined ? fragment`true` : fragment`version < ${before}`}
      order by version desc limit ${limit}`)
  },
}
