import type { Json } from '@muster/contract/values'
import type { RunStatus } from '@muster/contract/worker/runs'
import type { Tx } from '../../../platform/db/db.ts'
import { allOf, fragment, sql } from '../../../platform/db/sql.ts'
import type { LatestRun } from '../../planner/task-kinds.port.ts'
import type { RunItemRow } from '../rules/present.rules.ts'

export interface RunFilter {
  readonly task_id?: string | undefined
  readonly goal_id?: string | undefined
  readonly agent_id?: string | undefined
  readonly project_id?: string | undefined
  readonly statuses?: readonly RunStatus[] | undefined
}

export interface HandedOut {
  readonly scope: string
  readonly scope_id: string
  readonly document: string
  readonly version: number
}

/** Too few runs make no median, and too many show the past instead of the present. */
const median_runs_min = 5
const median_runs_max = 2_000

/** Statements that read runs. */
export const runReadStore = {
  /** Newest first. Live and ended runs are each read up to the size of the page and then merged. */
  list(
    tx: Tx,
    organization_id: string,
    {
      filter,
      before,
      limit,
    }: { readonly filter: RunFilter; readonly before?: string | undefined; readonly limit: number },
  ): Promise<RunItemRow[]> {
    const { statuses } = filter
    const live = statuses === undefined || statuses.includes('live')
    const endedStatuses = statuses?.filter((status) => status !== 'live')
    return tx.rows<RunItemRow>(sql`
      select r.*, t.title, t.goal_id, t.project_id, t.capability from (
        (select run_id as id, task_id, agent_id, kind, 'live' as status, token, progress, null::float8 as confidence,
          null::json as error, null::json as usage, '{}'::uuid[] as artifact_ids, claimed_at as started_at, expires_at,
          null::timestamptz as ended_at
        from worker_live_runs r where organization_id = ${organization_id} and ${live}
          and ${allOf([...placesOf(filter), before === undefined ? undefined : fragment`run_id < ${before}`])}
        order by run_id desc limit ${limit})
        union all
        (select id, task_id, agent_id, 'work', status, token, null, confidence, error, usage, artifact_ids, claimed_at, null, ended_at
        from worker_runs r where organization_id = ${organization_id} and ${endedStatuses === undefined ? fragment`true` : fragment`status = any (${endedStatuses}::text[])`}
          and ${allOf([...placesOf(filter), before === undefined ? undefined : fragment`id < ${before}`])}
        order by id desc limit ${limit})) r
      join planner_tasks_v t on t.organization_id = ${organization_id} and t.task_id = r.task_id
      order by r.id desc limit ${limit}`)
  },

  /** The agent of a filter by id or name; retired ones too. */
  async agentId(tx: Tx, organization_id: string, ref: string): Promise<string | undefined> {
    const row = await tx.row<{ agent_id: string }>(sql`
      select agent_id from agents_gate_v
      where organization_id = ${organization_id} and (agent_id::text = lower(${ref}) or name = ${ref}) limit 1`)
    return row?.agent_id
  },

  /** Over the last runs of each capability, as long as there are enough of them. */
  async medians(tx: Tx, organization_id: string, capabilities: readonly string[]): Promise<Map<string, number>> {
    const rows = await tx.rows<{ capability: string; median_ms: number }>(sql`
      with latest as materialized (
        select task_id, claimed_at, ended_at from worker_runs where organization_id = ${organization_id} and status = 'finished'
        order by id desc limit ${median_runs_max}
      )
      select t.capability, (percentile_cont(0.5) within group (order by extract(epoch from l.ended_at - l.claimed_at)) * 1000)::float8 as median_ms
      from latest l join planner_tasks_v t on t.organization_id = ${organization_id} and t.task_id = l.task_id
      where t.capability = any (${capabilities}::text[]) group by 1 having count(*) >= ${median_runs_min}`)
    return new Map(rows.map((row) => [row.capability, row.median_ms]))
  },

  /** Of each task the live run of kind `work`, else the newest that has ended. */
  async latestOfTasks(
    tx: Tx,
    organization_id: string,
    task_ids: readonly string[],
  ): Promise<ReadonlyMap<string, LatestRun>> {
    if (task_ids.length === 0) return new Map()
    const rows = await tx.rows<LatestRun & { readonly task_id: string }>(sql`
      select i.task_id, r.agent_id, r.claimed_at as started_at from unnest(${task_ids}::uuid[]) as i (task_id)
      join lateral (
        select * from (
          (select agent_id, claimed_at, run_id from worker_live_runs
          where organization_id = ${organization_id} and task_id = i.task_id and kind = 'work')
          union all
          (select agent_id, claimed_at, id from worker_runs
          where organization_id = ${organization_id} and task_id = i.task_id order by id desc limit 1)) both_kinds
        order by run_id desc limit 1) r on true`)
    return new Map(rows.map(({ task_id, ...run }) => [task_id, run]))
  },

  /** Values of documents as they were handed out; versions that are gone are left out. */
  handedOut(
    tx: Tx,
    organization_id: string,
    documents: readonly HandedOut[],
  ): Promise<(HandedOut & { readonly value: Json })[]> {
    return tx.rows(sql`
      select v.scope, v.scope_id, v.document, v.version, v.value
      from unnest(${documents.map((one) => one.scope)}::text[], ${documents.map((one) => one.scope_id)}::uuid[],
        ${documents.map((one) => one.document)}::text[], ${documents.map((one) => one.version)}::int[])
        as i (scope, scope_id, document, version)
      join state_versions_v v on v.organization_id = ${organization_id} and v.scope = i.scope and v.scope_id = i.scope_id
        and v.document = i.document and v.version = i.version`)
  },
}

/** A goal's runs are found through its tasks, which saves an index on the many runs. */
function placesOf({ task_id, goal_id, agent_id, project_id }: RunFilter) {
  return [
    task_id === undefined ? undefined : fragment`r.task_id = ${task_id}`,
    goal_id === undefined
      ? undefined
      : fragment`r.goal_id = ${goal_id} and r.task_id in (
        select task_id from planner_tasks_v t where t.organization_id = r.organization_id and t.goal_id = ${goal_id})`,
    agent_id === undefined ? undefined : fragment`r.agent_id = ${agent_id}`,
    project_id === undefined ? undefined : fragment`r.project_id = ${project_id}`,
  ]
}
