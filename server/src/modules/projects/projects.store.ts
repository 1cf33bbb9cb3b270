import type { Actor } from '@muster/contract/platform/actors'
import type { Policy } from '@muster/contract/projects/policies'
import type { Project, ProjectChange } from '@muster/contract/projects/projects'
import type { Tx } from '../../platform/db/db.ts'
import { allOf, containsText, fragment, sql } from '../../platform/db/sql.ts'
import type { ProjectGate, ProjectRef } from './projects.port.ts'

export interface ProjectRow {
  readonly organization_id: string
  readonly id: string
  readonly name: string
  readonly description: string | null
  readonly status: 'active' | 'paused'
  readonly stopped: boolean
  readonly oversight: 'low' | 'medium' | 'high'
  readonly policy_version: number
  readonly time_zone: string
  readonly created_at: string
}

export interface PolicyRow {
  readonly project_id: string
  readonly version: number
  readonly policy: Policy
  readonly rolled_back_to: number | null
  readonly changed_by: Actor
  readonly changed_at: string
  readonly current: boolean
}

export type NewPolicyRow = Pick<PolicyRow, 'version' | 'policy' | 'rolled_back_to' | 'changed_by'>

const columns = fragment`organization_id, id, name, description, status, stopped or organization_stopped as stopped,
  oversight, policy_version, time_zone, created_at`
const policyColumns = fragment`v.project_id, v.version, v.policy, v.rolled_back_to, v.changed_by,
  v.created_at as changed_at, v.version = p.policy_version as current`

const arrays = (refs: readonly ProjectRef[]): [string[], string[]] => [
  refs.map((ref) => ref.organization_id),
  refs.map((ref) => ref.project_id),
]

export const projectsStore = {
  gates(tx: Tx, refs: readonly ProjectRef[]): Promise<ProjectGate[]> {
    const [organization_ids, project_ids] = arrays(refs)
    return tx.rows<ProjectGate>(sql`
      select p.organization_id, p.project_id, p.status, p.stopped, p.policy_version, p.oversight
      from unnest(${organization_ids}::uuid[], ${project_ids}::uuid[]) as i (organization_id, project_id)
      join projects_gate_v p on p.organization_id = i.organization_id and p.project_id = i.project_id`)
  },

  lockGates(tx: Tx, refs: readonly ProjectRef[]): Promise<ProjectGate[]> {
    const [organization_ids, project_ids] = arrays(refs)
    return tx.rows<ProjectGate>(sql`
      select p.organization_id, p.project_id, p.status, p.stopped, p.policy_version, p.oversight
      from unnest(${organization_ids}::uuid[], ${project_ids}::uuid[]) as i (organization_id, project_id)
      join projects_gate_v p on p.organization_id = i.organization_id and p.project_id = i.project_id
      order by p.organization_id, p.project_id for share of p`)
  },

  async policy(tx: Tx, ref: ProjectRef, version: number): Promise<Policy | undefined> {
    const row = await tx.row<{ policy: Policy }>(sql`
      select policy from projects_policies
      where organization_id = ${ref.organization_id} and project_id = ${ref.project_id} and version = ${version}`)
    return row?.policy
  },

  find(tx: Tx, ref: ProjectRef): Promise<ProjectRow | undefined> {
    return tx.row<ProjectRow>(sql`
      select ${columns} from projects where organization_id = ${ref.organization_id} and id = ${ref.project_id}`)
  },

  /** For a change; waits for the claims and commits that hold it shared. */
  lock(tx: Tx, ref: ProjectRef): Promise<ProjectRow | undefined> {
    return tx.row<ProjectRow>(sql`
      select ${columns} from projects where organization_id = ${ref.organization_id} and id = ${ref.project_id}
      for update`)
  },

  list(
    tx: Tx,
    organization_id: string,
    page: {
      readonly status: Project['status'] | undefined
      readonly q: string | undefined
      readonly before: string | undefined
      readonly limit: number
    },
  ): Promise<ProjectRow[]> {
    const { status, q, before, limit } = page
    const filters = [
      q === undefined ? undefined : containsText(fragment`name`, q),
      before === undefined ? undefined : fragment`id < ${before}`,
      status === 'stopped' ? fragment`(stopped or organization_stopped)` : undefined,
      status === undefined || status === 'stopped'
        ? undefined
        : fragment`status = ${status} and not (stopped or organization_stopped)`,
    ]
    return tx.rows<ProjectRow>(sql`
      select ${columns} from projects where organization_id = ${organization_id} and ${allOf(filters)}
      order by id desc limit ${limit}`)
  },

  /** Serializes a new project with a stop of its organization, so that neither misses the other. */
  async lockOrganization(tx: Tx, organization_id: string, how: 'share' | 'alone'): Promise<void> {
    await (how === 'share'
      ? tx.row(sql`select pg_advisory_xact_lock_shared(hashtextextended('muster stop ' || ${organization_id}, 0))`)
      : tx.row(sql`select pg_advisory_xact_lock(hashtextextended('muster stop ' || ${organization_id}, 0))`))
  },

  async insert(
    tx: Tx,
    project: ProjectRef &
      Pick<ProjectRow, 'name' | 'oversight' | 'time_zone'> & { readonly description: string | null },
  ): Promise<void> {
    await tx.execute(sql`
      insert into projects (organization_id, id, name, description, oversight, time_zone, policy_version, organization_stopped)
      values (${project.organization_id}, ${project.project_id}, ${project.name}, ${project.description},
        ${project.oversight}, ${project.time_zone}, 1, exists (
          select from projects_stops where organization_id = ${project.organization_id} and scope_kind = 'organization'
          and lifted_at is null))`)
  },

  /** Whether the database knows a time zone: its list may be older than that of this program. */
  async knowsTimeZone(tx: Tx, time_zone: string): Promise<boolean> {
    const row = await tx.row<{ is_known: boolean }>(
      sql`select exists (select 1 from pg_timezone_names where lower(name) = lower(${time_zone})) as is_known`,
    )
    return row?.is_known === true
  },

  async change(tx: Tx, ref: ProjectRef, change: ProjectChange): Promise<void> {
    await tx.execute(sql`
      update projects set name = coalesce(${change.name ?? null}, name),
        description = coalesce(${change.description ?? null}, description),
        time_zone = coalesce(${change.time_zone ?? null}, time_zone)
      where organization_id = ${ref.organization_id} and id = ${ref.project_id}`)
  },

  async setStatus(tx: Tx, ref: ProjectRef, status: ProjectRow['status']): Promise<void> {
    await tx.execute(sql`
      update projects set status = ${status}
      where organization_id = ${ref.organization_id} and id = ${ref.project_id}`)
  },

  async insertPolicy(tx: Tx, ref: ProjectRef, policyRow: NewPolicyRow): Promise<void> {
    await tx.execute(sql`
      insert into projects_policies (organization_id, project_id, version, policy, rolled_back_to, changed_by)
      values (${ref.organization_id}, ${ref.project_id}, ${policyRow.version}, ${JSON.stringify(policyRow.policy)},
        ${policyRow.rolled_back_to}, ${JSON.stringify(policyRow.changed_by)})`)
  },

  async usePolicy(tx: Tx, ref: ProjectRef, { version, policy }: NewPolicyRow): Promise<void> {
    await tx.execute(sql`
      update projects set policy_version = ${version}, oversight = ${policy.oversight}
      where organization_id = ${ref.organization_id} and id = ${ref.project_id}`)
  },

  findPolicy(tx: Tx, ref: ProjectRef, version: number | undefined): Promise<PolicyRow | undefined> {
    const versionFragment = version === undefined ? fragment`p.policy_version` : fragment`${version}`
    return tx.row<PolicyRow>(sql`
      select ${policyColumns} from projects p
      join projects_policies v on v.organization_id = p.organization_id and v.project_id = p.id
      where p.organization_id = ${ref.organization_id} and p.id = ${ref.project_id} and v.version = ${versionFragment}`)
  },

  listPolicies(
    tx: Tx,
    ref: ProjectRef,
    page: { readonly before: number | undefined; readonly limit: number },
  ): Promise<PolicyRow[]> {
    const filters = [page.before === undefined ? undefined : fragment`v.version < ${page.before}`]
    return tx.rows<PolicyRow>(sql`
      select ${policyColumns} from projects p
      join projects_policies v on v.organization_id = p.organization_id and v.project_id = p.id
      where p.organization_id = ${ref.organization_id} and p.id = ${ref.project_id} and ${allOf(filters)}
      order by v.version desc limit ${page.limit}`)
  },

  /** The strictest rates of the policies in force. */
  async rates(tx: Tx, organization_id: string): Promise<{ per_key: number | null; per_address: number | null }> {
    const row = await tx.row<{ per_key: number | null; per_address: number | null }>(sql`
      select min((v.policy -> 'rate_limits' ->> 'requests_per_minute_key')::bigint) as per_key,
        min((v.policy -> 'rate_limits' ->> 'requests_per_minute_address')::bigint) as per_address
      from projects p join projects_policies v
      on v.organization_id = p.organization_id and v.project_id = p.id and v.version = p.policy_version
      where p.organization_id = ${organization_id}`)
    return row ?? { per_key: null, per_address: null }
  },
}
