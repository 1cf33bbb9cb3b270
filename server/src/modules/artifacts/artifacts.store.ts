import type { Tx } from '../../platform/db/db.ts'
import type { Window } from '../../platform/db/pages.ts'
import { allOf, containsText, type Fragment, fragment, sql, sumOf } from '../../platform/db/sql.ts'
import type { LineageEntry } from './artifacts.port.ts'
import type { ArtifactFilter, ArtifactRow, EdgeRow } from './artifacts.types.ts'

export type NewRow = Omit<ArtifactRow, 'version' | 'created_at'>

const columns = fragment`organization_id, id, project_id, goal_id, task_id, run_id, agent_id, name, type, media_type,
  size_bytes, sha256, version, previous_id, human_edited, provenance, created_by, created_at`

export const artifactsStore = {
  /** A version follows the previous one; where that is not in the organization, it is a first one. */
  async insert(tx: Tx, rows: readonly NewRow[]): Promise<void> {
    await tx.execute(sql`
      insert into artifacts (organization_id, id, project_id, goal_id, task_id, run_id, agent_id, name, type, media_type,
        size_bytes, sha256, version, previous_id, human_edited, provenance, created_by)
      select i.organization_id, i.id, i.project_id, i.goal_id, i.task_id, i.run_id, i.agent_id, i.name, i.type,
        i.media_type, i.size_bytes, i.sha256, coalesce(p.version, 0) + 1, i.previous_id, i.human_edited, i.provenance,
        i.created_by
      from json_to_recordset(${JSON.stringify(rows)}::json) as i (organization_id uuid, id uuid, project_id uuid,
        goal_id uuid, task_id uuid, run_id uuid, agent_id uuid, name text, type text, media_type text, size_bytes bigint,
        sha256 text, previous_id uuid, human_edited boolean, provenance json, created_by json)
      left join artifacts p on p.organization_id = i.organization_id and p.id = i.previous_id`)
  },

  /** In the order of the ids. */
  find(tx: Tx, organization_id: string, ids: readonly string[]): Promise<ArtifactRow[]> {
    return tx.rows<ArtifactRow>(sql`
      select a.* from unnest(${ids}::uuid[]) with ordinality as i (id, place)
      join (select ${columns} from artifacts where organization_id = ${organization_id} and id = any (${ids}::uuid[])) a
        on a.id = i.id
      order by i.place`)
  },

  /** Newest first. */
  list(
    tx: Tx,
    organization_id: string,
    { filter, window }: { readonly filter: ArtifactFilter; readonly window: Pick<Window, 'after' | 'offset' | 'size'> },
  ): Promise<ArtifactRow[]> {
    const afterCondition = window.after === undefined ? undefined : fragment`id < ${window.after}`
    return tx.rows<ArtifactRow>(sql`
      select ${columns} from artifacts
      where organization_id = ${organization_id} and ${allOf([...filtersOf(filter), afterCondition])}
      order by id desc limit ${window.size + 1} offset ${window.offset}`)
  },

  async count(tx: Tx, organization_id: string, filter: ArtifactFilter): Promise<number> {
    const row = await tx.row<{ total: number }>(sql`
      select count(*)::int as total from artifacts
      where organization_id = ${organization_id} and ${allOf(filtersOf(filter))}`)
    return row?.total ?? 0
  },

  ofGoal(
    tx: Tx,
    organization_id: string,
    { goal_id, limit }: { goal_id: string; limit: number },
  ): Promise<ArtifactRow[]> {
    return tx.rows<ArtifactRow>(sql`
      select ${columns} from artifacts where organization_id = ${organization_id} and goal_id = ${goal_id}
      order by id limit ${limit}`)
  },

  /** Files and bytes that a goal has. The next caller for the same goal waits until this transaction has ended. */
  async lockGoalTotals(tx: Tx, organization_id: string, goal_id: string): Promise<{ files: number; bytes: number }> {
    await tx.row(sql`select pg_advisory_xact_lock(hashtextextended(${`artifacts ${goal_id}`}, 0))`)
    const row = await tx.row<{ files: number; bytes: number }>(sql`
      select count(*) as files, ${sumOf(fragment`size_bytes`)} as bytes from artifacts
      where organization_id = ${organization_id} and goal_id = ${goal_id}`)
    return row ?? { files: 0, bytes: 0 }
  },

  /** Which of the contents have an artifact. */
  async sha256sInUse(tx: Tx, organization_id: string, sha256s: readonly string[]): Promise<string[]> {
    const rows = await tx.rows<{ sha256: string }>(sql`
      select distinct sha256 from artifacts where organization_id = ${organization_id} and sha256 = any (${sha256s}::text[])`)
    return rows.map(({ sha256 }) => sha256)
  },

  async addLineage(tx: Tx, entries: readonly LineageEntry[]): Promise<void> {
    await tx.execute(sql`
      insert into artifacts_lineage (organization_id, run_id, sha256, source_kind, source_id, relation)
      select * from unnest(${entries.map((one) => one.organization_id)}::uuid[],
        ${entries.map((one) => one.run_id)}::uuid[], ${entries.map((one) => one.sha256)}::text[],
        ${entries.map((one) => one.source_kind)}::text[], ${entries.map((one) => one.source_id)}::uuid[],
        ${entries.map((one) => one.relation)}::text[])
      on conflict do nothing`)
  },

  lineage(tx: Tx, organization_id: string, run_ids: readonly string[]): Promise<LineageEntry[]> {
    return tx.rows<LineageEntry>(sql`
      select organization_id, run_id, sha256, source_kind, source_id, relation from artifacts_lineage
      where organization_id = ${organization_id} and run_id = any (${run_ids}::uuid[])
      order by run_id, source_kind, source_id`)
  },

  /** Edges that begin or end at one of the artifacts. */
  edges(
    tx: Tx,
    organization_id: string,
    query: { readonly ids: readonly string[]; readonly limit: number },
  ): Promise<EdgeRow[]> {
    const { ids, limit } = query
    return tx.rows<EdgeRow>(sql`
      with near as (
        select id, run_id, previous_id, human_edited from artifacts
        where organization_id = ${organization_id} and id = any (${ids}::uuid[])
      )
      (select previous_id as parent_id, id as child_id, case when human_edited then 'edit' else 'version' end as relation,
        null::uuid as run_id
      from near where previous_id is not null
      union
      select n.id, c.id, case when c.human_edited then 'edit' else 'version' end, null
      from near n join artifacts c on c.organization_id = ${organization_id} and c.previous_id = n.id
      union
      select p.id, n.id, l.relation, n.run_id
      from near n
      join artifacts_lineage l on l.organization_id = ${organization_id} and l.run_id = n.run_id
      join artifacts p on p.organization_id = l.organization_id
        and ((l.source_kind = 'artifact' and p.id = l.source_id) or (l.source_kind = 'result' and p.run_id = l.source_id))
      union
      select n.id, c.id, l.relation, c.run_id
      from near n
      join artifacts_lineage l on l.organization_id = ${organization_id}
        and ((l.source_kind = 'artifact' and l.source_id = n.id) or (l.source_kind = 'result' and l.source_id = n.run_id))
      join artifacts c on c.organization_id = l.organization_id and c.run_id = l.run_id)
      limit ${limit}`)
  },
}

function filtersOf(filter: ArtifactFilter): (Fragment | undefined)[] {
  const { project_id, goal_id, task_id, run_id, agent_id, type, q } = filter
  return [
    project_id === undefined ? undefined : fragment`project_id = ${project_id}`,
    goal_id === undefined ? undefined : fragment`goal_id = ${goal_id}`,
    task_id === undefined ? undefined : fragment`task_id = ${task_id}`,
    run_id === undefined ? undefined : fragment`run_id = ${run_id}`,
    agent_id === undefined ? undefined : fragment`agent_id = ${agent_id}`,
    type === undefined ? undefined : fragment`type = ${type}`,
    q === undefined ? undefined : containsText(fragment`name`, q),
  ]
}
