import type { Tx } from '../../../platform/db/db.ts'
import { sql } from '../../../platform/db/sql.ts'
import type { AgentActivity, AgentRun } from '../../agents/agents.port.ts'

/** Statements that say what agents do now. */
export const agentActivityStore: AgentActivity = {
  async liveRuns(tx: Tx, organization_id: string) {
    const rows = await tx.rows<{ agent_id: string; runs: number }>(sql`
      select agent_id, count(*)::int as runs from worker_live_runs where organization_id = ${organization_id} group by 1`)
    return new Map(rows.map(({ agent_id, runs }) => [agent_id, runs]))
  },

  async firstRuns(tx: Tx, organization_id: string, { agent_ids, runs_max }) {
    const rows = await tx.rows<AgentRun & { readonly agent_id: string }>(sql`
      select l.agent_id, l.run_id, l.task_id, t.title, t.goal_id, l.claimed_at as started_at from (
        select agent_id, run_id, task_id, claimed_at, row_number() over (partition by agent_id order by claimed_at, run_id) as place
        from worker_live_runs where organization_id = ${organization_id} and agent_id = any (${agent_ids}::uuid[])) l
      join planner_tasks_v t on t.organization_id = ${organization_id} and t.task_id = l.task_id
      where l.place <= ${runs_max} order by l.agent_id, l.place`)
    const byAgent = new Map<string, AgentRun[]>()
    for (const { agent_id, ...run } of rows) byAgent.set(agent_id, [...(byAgent.get(agent_id) ?? []), run])
    return byAgent
  },
}
