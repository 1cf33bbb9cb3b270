import type { GoalCreate } from '@muster/contract/shapes/goals'
import type { Policy } from '@muster/contract/shapes/policies'
import type { Caller } from '../../../platform/caller.ts'
import type { Tx } from '../../../platform/db/db.ts'
import { invariant, notFound } from '../../../platform/errors.ts'
import { newId } from '../../../platform/ids.ts'
import type { Journal } from '../../../platform/journal/record.ts'
import type { ApprovalsPort } from '../../approvals/approvals.port.ts'
import type { ProjectGate, ProjectsPort } from '../../projects/projects.port.ts'
import { rowsOf } from '../rules/plan-rows.rules.ts'
import { priority_ranks } from '../rules/planner.rules.ts'
import { presentGoal } from '../rules/present.rules.ts'
import { goalStore } from '../store/goal.store.ts'
import { goalReadStore } from '../store/goal-read.store.ts'
import { type CheckedPlan, type PlanParts, planFor } from './plan.ts'
import type { SettleParts } from './settle.ts'
import { takeFirstSteps } from './steps.ts'

export interface CreateParts extends PlanParts {
  readonly journal: Journal
  readonly projects: ProjectsPort
  readonly approvals: ApprovalsPort
  readonly settling: SettleParts
}

export interface CreateOptions {
  readonly request: GoalCreate
  readonly rerun_of?: string
}

/**
 * States a goal: plans it, checks the plan, and makes the whole graph durable in the caller's transaction. Gives the goal
 * as it is shown. Nothing should follow in the transaction: from here on the project's next goal waits for its number.
 */
export async function createGoal(
  parts: CreateParts,
  tx: Tx,
  { caller, request, rerun_of }: CreateOptions & { caller: Caller },
) {
  const { organization_id, actor } = caller
  const place = { organization_id, project_id: request.project_id }
  const [gate] = await parts.projects.gates(tx, [place], 'none')
  if (!gate) throw notFound('project', request.project_id)
  const policy = await parts.projects.policy(tx, place, gate.policy_version)
  const plan = await planFor(parts, tx, { ...place, request })
  const goal_id = newId()
  const status = request.start ? (policy.plan_approval ? 'awaiting_approval' : 'running') : 'planning'
  const ids = new Map(plan.tasks.map(({ key }) => [key, newId()]))
  const rows = rowsOf(plan.tasks, plan.graph, {
    priority: request.priority,
    approve_before: policy.approve_before,
    agents: plan.agents,
    ids,
  })
  const created_by = JSON.stringify(actor)
  await Promise.all([
    goalStore.insertGoal(tx, {
      ...place,
      id: goal_id,
      title: request.title,
      text: request.text ?? null,
      status,
      strategy: plan.strategy,
      plan_revision: 1,
      priority: priority_ranks[request.priority],
      artifacts: JSON.stringify(plan.artifacts),
      variables: JSON.stringify(request.variables ?? {}),
      playbook: request.playbook ?? null,
      rerun_of: rerun_of ?? null,
      created_by,
      open_tasks: plan.tasks.length,
    }),
    goalStore.insertPlan(tx, {
      organization_id,
      goal_id,
      id: newId(),
      revision: 1,
      plan: JSON.stringify({ tasks: plan.tasks }),
      because: 'created',
      created_by,
    }),
    goalStore.graft(tx, { ...place, goal_id, revision: 1, created_by, ...rows, queue: status === 'running' }),
  ])
  record(parts.journal, tx, { caller, project_id: request.project_id, goal_id, plan, status })
  if (status === 'awaiting_approval')
    await parts.approvals.open(tx, [planQuestion({ caller, gate, policy, goal_id, request, plan })])
  if (status === 'running') await takeFirstSteps(parts.settling, tx, { organization_id, goal_id, actor })
  const row = await goalReadStore.goal(tx, organization_id, goal_id)
  invariant(row, 'what was written can be read')
  return presentGoal({ ...row, number: await goalStore.numberGoal(tx, { ...place, goal_id }) })
}

function record(
  journal: Journal,
  tx: Tx,
  {
    caller,
    project_id,
    goal_id,
    plan,
    status,
  }: { caller: Caller; project_id: string; goal_id: string; plan: CheckedPlan; status: string },
): void {
  const subject = { actor: caller.actor, project_id, goal_id }
  journal.record(tx, caller.organization_id, [
    { type: 'goal.created', ...subject },
    {
      type: 'goal.planned',
      ...subject,
      data: { revision: 1, strategy: plan.strategy, keys: plan.tasks.map(({ key }) => key) },
    },
    ...(status === 'running' ? [{ type: 'goal.started' as const, ...subject }] : []),
  ])
}

function planQuestion({
  caller,
  gate,
  policy,
  goal_id,
  request,
  plan,
}: {
  caller: Caller
  gate: ProjectGate
  policy: Policy
  goal_id: string
  request: GoalCreate
  plan: CheckedPlan
}) {
  return {
    organization_id: caller.organization_id,
    project_id: request.project_id,
    goal_id,
    task_id: null,
    run_id: null,
    subject_kind: 'plan' as const,
    subject_id: goal_id,
    question: `May the goal “${request.title}” be started with this plan of ${plan.tasks.length} tasks?`,
    options: ['approve', 'reject'] as const,
    proposed: JSON.stringify({
      tasks: plan.tasks.slice(0, 100).map(({ key, title, capability }) => ({ key, title, capability })),
    }),
    artifact_sha256: null,
    policy_version: gate.policy_version,
    read_set: [],
    rule: 'plan_approval',
    tags: [],
    risk: 'medium' as const,
    confidence: null,
    quorum: policy.quorum,
    due_ms: policy.approval_due_ms,
    made_by: [],
    stated_by: policy.four_eyes ? caller.actor : null,
    amended_by: null,
  }
}
