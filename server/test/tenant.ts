import type { Caller } from '../src/platform/caller.ts'
import type { Engine } from '../src/platform/db/db.ts'
import { sql } from '../src/platform/db/sql.ts'
import { newId } from '../src/platform/ids.ts'

/** An organization with a project, and a person in it, for the tests of one module without the others. */
export interface Tenant {
  readonly organization_id: string
  readonly project_id: string
  readonly person: Caller
}

export async function newTenant(engine: Engine): Promise<Tenant> {
  const [organization_id, project_id, key_id] = [newId(), newId(), newId()]
  await engine.transact(async (tx) => {
    await tx.execute(sql`insert into identity_organizations (organization_id, name) values (${organization_id}, 'o')`)
    await tx.execute(sql`insert into projects (organization_id, id, name, oversight, policy_version)
      values (${organization_id}, ${project_id}, 'p', 'medium', 1)`)
  })
  const principal = { kind: 'key', id: key_id } as const
  const person: Caller = { organization_id, principal, agent_id: null, permissions: new Set(), request_id: 'r' }
  return { organization_id, project_id, person }
}
