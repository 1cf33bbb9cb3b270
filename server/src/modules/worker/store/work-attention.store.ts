import type { Tx } from '../../../platform/db/db.ts'
import { inScope, type ReadScope } from '../../../platform/db/read-scope.ts'
import { fragment, sql } from '../../../platform/db/sql.ts'
import { type AttentionRow, attention_rows_max } from '../../../platform/module/attention-source.ts'
import type { Lane } from '../rules/unworked-lanes.rules.ts'

const lanes_max = 200

/** Statements that find work that nobody does, or that failed. */
export const workAttentionStore = {
  /** Tasks that failed by themselves within the day, where that did not end their goal. */
  failedTasks(tx: Tx, scope: ReadScope): Promise<AttentionRow[]> {
    return tx.rows(sql`
      with failed as (
        select task_id, max(ended_at) as ended_at from worker_runs_v
        where ${inScope(scope)} and ended_at > (select muster_now()) - interval '24 hours' and status in ('failed', 'lost')
        group by 1 order by 2 desc limit 500
      )
      select t.task_id as id, t.project_id, t.goal_id, t.title, t.ended_at as since
      from failed f join planner_tasks_v t on t.organization_id = ${scope.organization_id} and t.task_id = f.task_id
      left join planner_goals_v g on g.organization_id = t.organization_id and g.goal_id = t.goal_id
      where t.status = 'failed' and t.superseded_in is null and coalesce(g.status, 'running') in ('running', 'paused')
      order by t.ended_at desc, t.task_id limit ${attention_rows_max}`)
  },

  /** Remote agents that hold runs, or that ready tasks name, and that have fallen silent. */
  silentAgents(tx: Tx, { organization_id, project_id }: ReadScope): Promise<AttentionRow[]> {
    const own = project_id === undefined ? fragment`true` : fragment`w.project_id = ${project_id}`
    return tx.rows<AttentionRow>(sql`
      select a.agent_id as id, null as project_id, null as goal_id, a.name as title, coalesce(a.seen_at, a.created_at) as since
      from agents_list_v a
      where a.organization_id = ${organization_id} and a.status = 'active' and not a.stopped and a.runtime not in ('builtin', 'model', 'cli')
        and coalesce(a.seen_at <= (select muster_now()) - interval '60 seconds', true)
        and (exists (select from worker_live_v w where w.organization_id = a.organization_id and w.agent_id = a.agent_id and ${own})
          or exists (select from planner_ready_v w where w.organization_id = a.organization_id and w.agent_id = a.agent_id and ${own}))
      order by since, a.agent_id limit ${attention_rows_max}`)
  },

  /**
   * Lanes of the queue with the agents that could take them, as the claim chooses; paused and stopped ones are left
   * out.
   */
  lanes(tx: Tx, { organization_id, project_id }: ReadScope): Promise<Lane[]> {
    const own = project_id === undefined ? fragment`true` : fragment`q.project_id = ${project_id}`
    return tx.rows<Lane>(sql`
      with lanes as (
        select q.capability, nullif(q.agent_id, '00000000-0000-0000-0000-000000000000') as agent_id, count(*)::int as tasks,
          min(q.available_at) as oldest_at
        from planner_ready_v q
        join projects_gate_v p on p.organization_id = q.organization_id and p.project_id = q.project_id
          and p.status = 'active' and not p.stopped
        where q.organization_id = ${organization_id} and ${own} group by 1, 2 order by 4 limit ${lanes_max}
      )
      select l.capability, l.agent_id, l.tasks, l.oldest_at, a.* from lanes l cross join lateral (
        select count(*)::int as agents, count(*) filter (where g.status = 'active' and not g.stopped)::int as able,
          coalesce(bool_or(g.status = 'active' and not g.stopped and g.runtime in ('builtin', 'model', 'cli')), false) as has_local,
          coalesce(bool_or(g.status = 'active' and not g.stopped and g.runtime not in ('builtin', 'model', 'cli')
            and g.seen_at > (select muster_now()) - interval '60 seconds'), false) as has_present,
          min(g.name) filter (where g.status = 'active' and not g.stopped) as able_name, min(g.name) as any_name,
          coalesce(bool_or(g.stopped), false) as has_stopped
        from agents_gate_v g
        where g.organization_id = ${organization_id} and g.status <> 'retired'
          and case when l.agent_id is null then l.capability = any (g.capabilities) else g.agent_id = l.agent_id end) a
      order by l.oldest_at`)
  },
}
