import type { Tx } from '../../../platform/db/db.ts'
import { sql } from '../../../platform/db/sql.ts'
import { invariant } from '../../../platform/errors.ts'
import type { NewGoal, TaskInsertion } from '../planner.types.ts'
import { insertionBatches } from '../rules/insertion-batches.rules.ts'

/** Statements that insert goals, revisions and tasks. */
export const goalStore = {
  async insertGoal(tx: Tx, goal: NewGoal): Promise<void> {
    await tx.execute(sql`
      insert into planner_goals (organization_id, id, project_id, title, text, status, strategy, plan_revision, priority,
        artifacts, variables, playbook, rerun_of, created_by, open_tasks, planner_model, started_at)
      values (${goal.organization_id}, ${goal.id}, ${goal.project_id}, ${goal.title}, ${goal.text}, ${goal.status},
        ${goal.strategy}, ${goal.plan_revision}, ${goal.priority}, ${goal.artifacts}, ${goal.variables},
        ${goal.playbook}, ${goal.rerun_of}, ${goal.created_by}, ${goal.open_tasks},
        ${goal.planner_model}, case when ${goal.status} = 'running' then muster_now() end)`)
  },

  /**
   * Gives a goal the next number of its project. It comes last in a transaction: another new goal of the project waits
   * from here to the commit.
   */
  async numberGoal(
    tx: Tx,
    { organization_id, project_id, goal_id }: { organization_id: string; project_id: string; goal_id: string },
  ): Promise<number> {
    const row = await tx.row<{ number: number }>(sql`
      with counter as (
        insert into planner_goal_counters as c (organization_id, project_id, last_number)
        values (${organization_id}, ${project_id}, 1)
        on conflict (organization_id, project_id) do update set last_number = c.last_number + 1
        returning last_number
      )
      update planner_goals set number = counter.last_number from counter
      where planner_goals.organization_id = ${organization_id} and planner_goals.id = ${goal_id}
      returning number`)
    invariant(row, 'the goal is there')
    return row.number
  },

  async insertPlan(
    tx: Tx,
    plan: {
      organization_id: string
      goal_id: string
      id: string
      revision: number
      plan: string
      reason: string
      created_by: string
    },
  ): Promise<void> {
    await tx.execute(sql`
      insert into planner_plans (organization_id, goal_id, id, revision, plan, reason, created_by)
      values (${plan.organization_id}, ${plan.goal_id}, ${plan.id}, ${plan.revision}, ${plan.plan}, ${plan.reason}, ${plan.created_by})`)
  },

  /**
   * Inserts tasks, their states, edges and queue rows: one statement, or a few for a large plan, since the main thread
   * serializes each at a stretch.
   */
  async insertTasks(tx: Tx, insertTasks: TaskInsertion): Promise<void> {
    for (const batch of insertionBatches(insertTasks)) await insertBatch(tx, batch)
  },
}

async function insertBatch(tx: Tx, insertTasks: TaskInsertion): Promise<void> {
  const { organization_id, project_id, goal_id, tasks, edges } = insertTasks
  await tx.execute(sql`
      with new_tasks as (
        select * from unnest(${tasks.map((task) => task.id)}::uuid[], ${tasks.map((task) => task.key)}::text[],
          ${tasks.map((task) => task.title)}::text[], ${tasks.map((task) => task.capability)}::text[],
          ${tasks.map((task) => task.agent_id)}::uuid[], ${tasks.map((task) => task.priority)}::smallint[],
          ${tasks.map((task) => task.cost_micro_usd)}::bigint[], ${tasks.map((task) => task.tokens)}::bigint[],
          ${tasks.map((task) => task.timeout_ms)}::int[], ${tasks.map((task) => task.attempts_max)}::smallint[],
          ${tasks.map((task) => task.input)}::text[], ${tasks.map((task) => task.spec)}::text[],
          ${tasks.map((task) => task.step)}::text[], ${tasks.map((task) => task.waits_on)}::int[],
          ${tasks.map((task) => task.parent_id)}::uuid[], ${tasks.map((task) => task.item_index)}::int[],
          ${tasks.map((task) => task.retry_of)}::uuid[])
          as i (id, key, title, capability, agent_id, priority, cost_micro_usd, tokens, timeout_ms, attempts_max, input,
            spec, step, waits_on, parent_id, item_index, retry_of)
      ), task_rows as (
        insert into planner_tasks (organization_id, id, project_id, goal_id, revision, key, title, capability, agent_id, priority,
          cost_micro_usd, tokens, timeout_ms, attempts_max, input, spec, parent_id, item_index, retry_of, created_by)
        select ${organization_id}::uuid, id, ${project_id}::uuid, ${goal_id}::uuid, ${insertTasks.revision}, key, title, capability,
          agent_id, priority, cost_micro_usd, tokens, timeout_ms, attempts_max, input::json, spec::json, parent_id,
          item_index, retry_of, ${insertTasks.created_by}::json
        from new_tasks
      ), state_rows as (
        insert into planner_task_states (organization_id, id, goal_id, status, waits_on, step, ready_at)
        select ${organization_id}::uuid, id, ${goal_id}::uuid, case when waits_on = 0 and step = 'run' then 'ready' else 'pending' end,
          waits_on, step, case when waits_on = 0 then muster_now() end
        from new_tasks
      ), edge_rows as (
        insert into planner_task_edges (organization_id, from_id, to_id, on_failure)
        select ${organization_id}::uuid, from_id, to_id, on_failure
        from unnest(${edges.map((edge) => edge.from_id)}::uuid[], ${edges.map((edge) => edge.to_id)}::uuid[],
          ${edges.map((edge) => edge.on_failure)}::text[]) as e (from_id, to_id, on_failure)
      )
      insert into planner_task_queue (organization_id, task_id, project_id, goal_id, priority, capability, agent_id, cost_micro_usd,
        tokens, available_at)
      select ${organization_id}::uuid, id, ${project_id}::uuid, ${goal_id}::uuid, priority, capability,
        coalesce(agent_id, '00000000-0000-0000-0000-000000000000'), cost_micro_usd, tokens, muster_now()
      from new_tasks where waits_on = 0 and step = 'run' and ${insertTasks.queue}`)
}
