/** Turns rows into the contract's goals and tasks: pure. */

import type { Goal } from '@muster/contract/planner/goals/goals'
import { taskStatuses } from '@muster/contract/planner/tasks/tasks'
import { tableOf } from '@muster/contract/platform/objects'
import type { GoalRow, TaskRow } from '../planner.types.ts'
import { priorityOf } from './planner.rules.ts'

export function presentGoal(row: GoalRow) {
  const { id, number, project_id, title, status, strategy, plan_revision, created_by, created_at } = row
  return {
    id,
    number,
    project_id,
    title,
    status,
    strategy,
    plan_revision,
    created_at,
    priority: priorityOf(row.priority),
    counts: countsOf(row.counts ?? {}),
    spent: { cost_micro_usd: row.spent_micro_usd, tokens: row.spent_tokens },
    stated_by: created_by,
    ...(row.text !== null && { text: row.text }),
    ...(row.artifacts.length > 0 && { artifact_ids: row.artifacts.map(({ artifact_id }) => artifact_id) }),
    ...(row.reason !== null && { reason: row.reason }),
    ...(row.rerun_of !== null && { rerun_of: row.rerun_of }),
    ...(row.started_at !== null && { started_at: row.started_at }),
    ...(row.ended_at !== null && { ended_at: row.ended_at }),
  }
}

/** Every status, those without a task too. */
export function countsOf(counts: Readonly<Record<string, number>>): Goal['counts'] {
  return tableOf(taskStatuses, (status) => counts[status] ?? 0)
}

export function presentTask(row: TaskRow) {
  const { id, kind, project_id, title, capability, status, timeout_ms, attempts_max, spec, created_at } = row
  const { attempts, leases_lost, retries, conflicts } = row
  const budget = { cost_micro_usd: row.cost_micro_usd, tokens: row.tokens }
  return {
    id,
    kind,
    project_id,
    title,
    capability,
    status,
    timeout_ms,
    attempts_max,
    created_at,
    input: row.input,
    depends_on: (row.edges ?? []).map((edge) => ({ ...edge })),
    on_failure: 'fail' as const,
    reads: spec.reads ?? [],
    checks: spec.checks ?? [],
    approval: spec.approval ?? ('none' as const),
    priority: priorityOf(row.priority),
    counters: { attempts, leases_lost, retries, conflicts },
    ...(row.goal_id !== null && { goal_id: row.goal_id, key: row.key, plan_revision: row.revision }),
    ...(row.agent_id !== null && { agent_id: row.agent_id }),
    ...(row.reason !== null && { reason: row.reason }),
    ...(spec.writes && { writes: spec.writes }),
    ...(spec.output_schema !== undefined && { output_schema: spec.output_schema }),
    ...(spec.for_each && { for_each: spec.for_each }),
    ...(spec.repeat && { repeat: spec.repeat }),
    ...((budget.cost_micro_usd > 0 || budget.tokens > 0) && { budget }),
    ...(row.parent_id !== null && { parent_id: row.parent_id }),
    ...(row.retry_of !== null && { retry_of: row.retry_of }),
    ...(row.run_id !== null && { run_id: row.run_id }),
    ...(status === 'done' && { output: row.output ?? null }),
    ...(row.commit && { committed: committedOf(row.commit) }),
    ...(row.ready_at !== null && { ready_at: row.ready_at }),
    ...(row.ended_at !== null && { ended_at: row.ended_at }),
  }
}

function committedOf({ id, written }: NonNullable<TaskRow['commit']>) {
  return { commit_id: id, documents: written.map(({ document, scope, version }) => ({ document, scope, version })) }
}
