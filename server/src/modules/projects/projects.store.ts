import type { Policy } from '@muster/contract/shapes/policies'
import type { Tx } from '../../platform/db/db.ts'
import { sql } from '../../platform/db/sql.ts'
import type { ProjectGate, ProjectRef } from './projects.port.ts'

const columns = (refs: readonly ProjectRef[]): [string[], string[]] => [
  refs.map((ref) => ref.organization_id),
  refs.map((ref) => ref.project_id),
]

export const projectsStore = {
  gates(tx: Tx, refs: readonly ProjectRef[]): Promise<ProjectGate[]> {
    const [organization_ids, project_ids] = columns(refs)
    return tx.rows<ProjectGate>(sql`
      select p.organization_id, p.project_id, p.status, p.stopped, p.policy_version, p.oversight
      from unnest(${organization_ids}::uuid[], ${project_ids}::uuid[]) as i (organization_id, project_id)
      join projects_gate_v p on p.organization_id = i.organization_id and p.project_id = i.project_id`)
  },

  lockGates(tx: Tx, refs: readonly ProjectRef[]): Promise<ProjectGate[]> {
    const [organization_ids, project_ids] = columns(refs)
    return tx.rows<ProjectGate>(sql`
      select p.organization_id, p.project_id, p.status, p.stopped, p.policy_version, p.oversight
      from unnest(${organization_ids}::uuid[], ${project_ids}::uuid[]) as i (organization_id, project_id)
      join projects_gate_v p on p.organization_id = i.organization_id and p.project_id = i.project_id
      order by p.organization_id, p.project_id for share of p`)
  },

  async policy(tx: Tx, ref: ProjectRef, version: number): Promise<Policy | undefined> {
    const row = await tx.row<{ policy: Policy }>(sql`
      select policy from project_policies
      where organization_id = ${ref.organization_id} and project_id = ${ref.project_id} and version = ${version}`)
    return row?.policy
  },
}
