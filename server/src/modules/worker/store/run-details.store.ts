import type { Tx } from '../../../platform/db/db.ts'
import { sql } from '../../../platform/db/sql.ts'
import type { CommitFacts, ConflictFacts, PlanFacts, QuestionFacts, RunFacts } from '../run-details.types.ts'

const conflicts_max = 20
const questions_max = 100

/** Statements of the run details, over the runs and views of earlier modules. */
export const runDetailsStore = {
  run(tx: Tx, organization_id: string, run_id: string): Promise<RunFacts | undefined> {
    return tx.row<RunFacts>(sql`
      with run as (
        select run_id as id, task_id, project_id, goal_id, agent_id, kind, 'live' as status, token, progress::text::float8 as progress,
          null::float8 as confidence, null::json as error, null::json as usage, '{}'::uuid[] as artifact_ids,
          claimed_at as started_at, expires_at, null::timestamptz as ended_at, null::json as output, null as output_sha256
        from worker_live_runs where organization_id = ${organization_id} and run_id = ${run_id}
        union all
        select id, task_id, project_id, goal_id, agent_id, 'work', status, token, null, confidence, error, usage, artifact_ids,
          claimed_at, null, ended_at, output, output_sha256
        from worker_runs where organization_id = ${organization_id} and id = ${run_id}
      )
      select r.id, r.task_id, r.project_id, r.goal_id, r.agent_id, r.kind, r.status, r.token, r.progress, r.confidence, r.error,
        r.usage, r.artifact_ids, r.started_at, r.expires_at, r.ended_at, coalesce(r.output::text, o.output::text) as output,
        coalesce(r.output_sha256, o.sha256) as output_sha256, t.title, t.capability, t.revision, t.status as task_status,
        t.created_at as task_created_at, t.created_by as task_created_by, t.ready_at as task_ready_at, t.ended_at as task_ended_at,
        exists (select from worker_runs l where l.organization_id = ${organization_id} and l.task_id = r.task_id and l.id > r.id)
          or exists (select from worker_live_runs l where l.organization_id = ${organization_id} and l.task_id = r.task_id and l.run_id > r.id)
          as is_overtaken
      from run r join planner_tasks_v t on t.organization_id = ${organization_id} and t.task_id = r.task_id
      left join planner_outputs_v o on o.organization_id = ${organization_id} and o.task_id = r.task_id and o.run_id = r.id`)
  },

  plan(tx: Tx, organization_id: string, at: { goal_id: string; revision: number }): Promise<PlanFacts | undefined> {
    return tx.row<PlanFacts>(sql`
      select created_at, created_by from planner_plans_v
      where organization_id = ${organization_id} and goal_id = ${at.goal_id} and revision = ${at.revision}`)
  },

  /** Questions about the run, oldest first. */
  questions(tx: Tx, organization_id: string, { id, task_id }: RunFacts): Promise<QuestionFacts[]> {
    return tx.rows<QuestionFacts>(sql`
      select q.approval_id, q.status, q.created_at, q.effective_at, (
        select json_agg(json_build_object('at', a.at, 'by', a.answered_by, 'revoked_at', a.revoked_at) order by a.at, a.answer_id)
        from approvals_answers_v a where a.organization_id = q.organization_id and a.approval_id = q.approval_id) as answers
      from approvals_questions_v q
      where q.organization_id = ${organization_id} and q.task_id = ${task_id} and q.run_id = ${id}
      order by q.approval_id limit ${questions_max}`)
  },

  commit(tx: Tx, organization_id: string, { id, task_id }: RunFacts): Promise<CommitFacts | undefined> {
    return tx.row<CommitFacts>(sql`
      select c.commit_id, c.written, c.committed_at, c.committed_by
      from state_task_commits_v t
      join state_commits_v c on c.organization_id = t.organization_id and c.commit_id = t.commit_id
      where t.organization_id = ${organization_id} and t.task_id = ${task_id} and c.run_id = ${id}
      order by c.commit_id desc limit 1`)
  },

  /** Refused commits of the task, the newest of them, oldest first. */
  conflicts(tx: Tx, organization_id: string, task_id: string): Promise<ConflictFacts[]> {
    return tx.rows<ConflictFacts>(sql`
      select * from (
        select conflict_id, run_id, refused_at, moved from state_conflicts_v
        where organization_id = ${organization_id} and task_id = ${task_id}
        order by conflict_id desc limit ${conflicts_max}) c
      order by conflict_id`)
  },
}
