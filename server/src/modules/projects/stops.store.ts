import type { Actor } from '@muster/contract/platform/actors'
import type { Tx } from '../../platform/db/db.ts'
import type { ReadScope } from '../../platform/db/read-scope.ts'
import { fragment, sql } from '../../platform/db/sql.ts'
import type { StopScope } from './projects.port.ts'

export interface StopRow {
  readonly id: string
  readonly scope_kind: StopScope['kind']
  readonly scope_id: string
  readonly reason: string
  readonly raised_by: Actor
  readonly raised_at: string
  readonly lifted_by: Actor | null
  readonly lifted_at: string | null
}

/** A stop in force, with the name of the project that it stops. */
export interface StopInForce extends Pick<StopRow, 'scope_kind' | 'scope_id' | 'reason' | 'raised_at'> {
  readonly project_name: string | null
}

const columns = fragment`id, scope_kind, scope_id, reason, raised_by, raised_at, lifted_by, lifted_at`

const attention_stops_max = 200

/** Statements of emergency stops, and of the flags that they set. */
export const stopsStore = {
  /** Undefined where one is in force already. */
  raise(
    tx: Tx,
    scope: StopScope,
    stop: { readonly id: string; readonly reason: string; readonly actor: Actor },
  ): Promise<StopRow | undefined> {
    return tx.row<StopRow>(sql`
      insert into projects_stops (organization_id, id, scope_kind, scope_id, reason, raised_by)
      values (${scope.organization_id}, ${stop.id}, ${scope.kind}, ${scope.id}, ${stop.reason},
        ${JSON.stringify(stop.actor)})
      on conflict (organization_id, scope_kind, scope_id) where lifted_at is null do nothing
      returning ${columns}`)
  },

  inForce(tx: Tx, scope: StopScope): Promise<StopRow | undefined> {
    return tx.row<StopRow>(sql`
      select ${columns} from projects_stops where organization_id = ${scope.organization_id} and scope_kind = ${scope.kind}
      and scope_id = ${scope.id} and lifted_at is null`)
  },

  /** Of the organization, the project that is looked at or all of them, and the agents; the latest first. */
  allInForce(tx: Tx, { organization_id, project_id }: ReadScope): Promise<StopInForce[]> {
    const isSeen =
      project_id === undefined ? fragment`true` : fragment`(s.scope_kind <> 'project' or s.scope_id = ${project_id})`
    return tx.rows<StopInForce>(sql`
      select s.scope_kind, s.scope_id, s.reason, s.raised_at, p.name as project_name
      from projects_stops s
      left join projects p on p.organization_id = s.organization_id and p.id = s.scope_id and s.scope_kind = 'project'
      where s.organization_id = ${organization_id} and s.lifted_at is null and ${isSeen}
      order by s.raised_at desc, s.id limit ${attention_stops_max}`)
  },

  async scopesInForce(tx: Tx, scopes: readonly StopScope[]): Promise<string[]> {
    const rows = await tx.rows<{ scope_id: string }>(sql`
      select s.scope_id from unnest(${scopes.map((one) => one.organization_id)}::uuid[], ${scopes.map((one) => one.kind)}::text[],
        ${scopes.map((one) => one.id)}::uuid[]) as i (organization_id, scope_kind, scope_id)
      join projects_stops s on s.organization_id = i.organization_id and s.scope_kind = i.scope_kind and s.scope_id = i.scope_id
        and s.lifted_at is null`)
    return rows.map(({ scope_id }) => scope_id)
  },

  lift(tx: Tx, scope: StopScope, actor: Actor): Promise<StopRow | undefined> {
    return tx.row<StopRow>(sql`
      update projects_stops set lifted_by = ${JSON.stringify(actor)}, lifted_at = muster_now()
      where organization_id = ${scope.organization_id} and scope_kind = ${scope.kind}
      and scope_id = ${scope.id} and lifted_at is null returning ${columns}`)
  },

  async flagProject(tx: Tx, scope: StopScope, stopped: boolean): Promise<void> {
    await tx.execute(sql`
      update projects set stopped = ${stopped} where organization_id = ${scope.organization_id} and id = ${scope.id}`)
  },

  /** Locks rows in the order of their ids before any is changed (invariant 16). */
  async flagOrganization(tx: Tx, organization_id: string, stopped: boolean): Promise<void> {
    await tx.rows(sql`select id from projects where organization_id = ${organization_id} order by id for update`)
    await tx.execute(sql`
      update projects set organization_stopped = ${stopped} where organization_id = ${organization_id}`)
  },
}
