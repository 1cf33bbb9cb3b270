import type { GoalCreate } from '@muster/contract/planner/goals/goals'
import type { PlanTask } from '@muster/contract/planner/tasks/task-definitions'
import type { Policy } from '@muster/contract/projects/policies'
import type { Caller } from '../../../../platform/caller.ts'
import type { Tx } from '../../../../platform/db/db.ts'
import { invalid, invariant, notFound } from '../../../../platform/errors.ts'
import { newId } from '../../../../platform/ids.ts'
import { jobQueue } from '../../../../platform/jobs/job-queue.ts'
import type { Journal } from '../../../../platform/journal/record.ts'
import type { Principal } from '../../../../platform/principal.ts'
import type { ApprovalsPort } from '../../../approvals/approvals.port.ts'
import type { ProjectGate, ProjectsPort } from '../../../projects/projects.port.ts'
import { priority_ranks } from '../../rules/planner.rules.ts'
import { presentGoal } from '../../rules/present.rules.ts'
import { goalStore } from '../../store/goal.store.ts'
import { goalChangeStore } from '../../store/goal-change.store.ts'
import { goalReadStore } from '../../store/goal-read.store.ts'
import { planRequests } from '../by-model/plan-requests.ts'
import type { SettleDeps } from '../tasks/settle.ts'
import { takeFirstSteps } from '../tasks/steps.ts'
import { type CheckedPlan, inputsOf, type PlanDeps, planFor, rowsOfPlan } from './plan.ts'

export interface CreateDeps extends PlanDeps {
  readonly journal: Journal
  readonly projects: ProjectsPort
  readonly approvals: ApprovalsPort
  readonly settling: SettleDeps
}

export interface CreateOptions {
  readonly request: GoalCreate
  readonly rerun_of?: string | undefined
}

/**
 * Creates a goal: plans it, checks the plan, and writes the whole graph in the caller's transaction. Returns the goal
 * as it is shown. It should be the last statement of the transaction: from here on the project's next goal waits for
 * its number.
 */
export async function createGoal(
  deps: CreateDeps,
  tx: Tx,
  { caller, request, rerun_of }: CreateOptions & { caller: Caller },
) {
  const { organization_id, principal: actor } = caller
  const place = { organization_id, project_id: request.project_id }
  const [gate] = await deps.projects.gates(tx, [place], 'none')
  if (!gate) throw notFound('project', request.project_id)
  const policy = await deps.projects.policy(tx, place, gate.policy_version)
  const goal_id = newId()
  const planner_model = plannerOf(request, policy)
  if (planner_model !== undefined)
    return stateForModel(deps, tx, { ...place, caller, request, goal_id, planner_model, rerun_of })
  const plan = await planFor(deps, tx, { ...place, request })
  const status = request.start ? (policy.plan_approval ? 'awaiting_approval' : 'running') : 'planning'
  const ids = new Map(plan.tasks.map(({ key }) => [key, newId()]))
  const { approve_before } = policy
  const options = { priority: request.priority, approve_before, agents: plan.agents, ids }
  const { rows, text } = await rowsOfPlan(plan.tasks, plan.graph, options)
  const created_by = JSON.stringify(actor)
  await Promise.all([
    goalStore.insertGoal(tx, {
      ...plannedGoal(request, plan),
      ...{ ...place, id: goal_id, status, rerun_of: rerun_of ?? null, created_by },
    }),
    goalStore.insertPlan(tx, {
      organization_id,
      goal_id,
      id: newId(),
      revision: 1,
      plan: text,
      reason: 'created',
      created_by,
    }),
    goalStore.insertTasks(tx, { ...place, goal_id, revision: 1, created_by, ...rows, queue: status === 'running' }),
  ])
  record(deps.journal, tx, { caller, project_id: request.project_id, goal_id, plan, status })
  if (status === 'awaiting_approval')
    await askForPlan(deps, tx, {
      goal: { ...place, goal_id, title: request.title, by: actor, plan_revision: 1 },
      ...{ gate, policy, plan },
    })
  if (status === 'running') await takeFirstSteps(deps.settling, tx, { organization_id, goal_id, actor })
  const row = await goalReadStore.goal(tx, organization_id, goal_id)
  invariant(row, 'what was written can be read')
  return presentGoal({ ...row, number: await goalStore.numberGoal(tx, { ...place, goal_id }) })
}

/** What the row of a goal takes from its request and its plan. */
function plannedGoal(request: GoalCreate, plan: CheckedPlan) {
  return {
    title: request.title,
    text: request.text ?? null,
    strategy: plan.strategy,
    plan_revision: 1,
    priority: priority_ranks[request.priority],
    artifacts: JSON.stringify(plan.artifacts),
    variables: JSON.stringify(request.variables ?? {}),
    playbook: request.playbook ?? null,
    planner_model: null,
    open_tasks: plan.tasks.length,
  }
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
  const subject = { actor: caller.principal, project_id, goal_id }
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

export interface PlanToApprove {
  readonly goal: {
    readonly organization_id: string
    readonly project_id: string
    readonly goal_id: string
    readonly title: string
    /** Who stated it. */
    readonly by: Principal
    readonly plan_revision: number
  }
  readonly gate: ProjectGate
  readonly policy: Policy
  readonly plan: { readonly tasks: readonly PlanTask[] }
}

/** Opens an approval for a plan, where the project's policy wants one. */
export async function askForPlan(
  { approvals }: Pick<CreateDeps, 'approvals'>,
  tx: Tx,
  { goal, gate, policy, plan }: PlanToApprove,
): Promise<void> {
  const { title, by, plan_revision, ...place } = goal
  await approvals.open(tx, [
    {
      ...place,
      task_id: null,
      run_id: null,
      subject_kind: 'plan',
      subject_id: goal.goal_id,
      question: `Start “${title}” with this plan of ${plan.tasks.length} tasks?`,
      options: ['approve', 'reject'],
      // The answer counts for this revision only, not for a later plan.
      proposed: JSON.stringify({
        revision: plan_revision,
        tasks: plan.tasks.slice(0, 100).map(({ key, title, capability }) => ({ key, title, capability })),
      }),
      artifact_sha256: null,
      policy_version: gate.policy_version,
      read_set: [],
      rule: 'plan_approval',
      tags: [],
      risk: 'medium',
      confidence: null,
      quorum: policy.quorum,
      due_ms: policy.approval_due_ms,
      made_by: [],
      stated_by: policy.four_eyes ? by : null,
      amended_by: null,
    },
  ])
}

/** Opens an approval for the goal's current plan; the goal does not start before it is approved. */
export async function askForPlanOf(
  deps: Pick<CreateDeps, 'approvals' | 'projects'>,
  tx: Tx,
  { organization_id, goal_id }: { readonly organization_id: string; readonly goal_id: string },
): Promise<void> {
  const [row, [plan]] = await Promise.all([
    goalReadStore.goal(tx, organization_id, goal_id),
    goalReadStore.plans(tx, organization_id, { goal_id, limit: 1 }),
  ])
  invariant(row && plan, 'a goal that may start has a plan')
  const { project_id, title, created_by: by, plan_revision } = row
  const { gate, policy } = await deps.projects.inForce(tx, { organization_id, project_id })
  await goalChangeStore.setStatus(tx, organization_id, { goal_id, status: 'awaiting_approval', reason: null })
  const goal = { organization_id, project_id, goal_id, title, by, plan_revision }
  await askForPlan(deps, tx, { goal, gate, policy, plan: plan.plan })
}

/** The model that plans; undefined where a plan or the outline strategy is given, or no model is named. */
export function plannerOf(
  { plan, playbook, strategy, model }: Pick<GoalCreate, 'plan' | 'playbook' | 'strategy' | 'model'>,
  policy: Policy | undefined,
): string | undefined {
  if (plan || playbook !== undefined || strategy === 'outline') return undefined
  const planner_model = model ?? policy?.planner_model
  if (strategy === 'model' && planner_model === undefined)
    throw invalid('model', 'The project’s policy has no planner_model. Set the model that plans the goal.')
  return planner_model
}

/** Creates the goal at once; the plan follows when the model has made it. */
async function stateForModel(
  deps: CreateDeps,
  tx: Tx,
  {
    caller,
    request,
    organization_id,
    project_id,
    goal_id,
    planner_model,
    rerun_of,
  }: CreateOptions & {
    readonly caller: Caller
    readonly organization_id: string
    readonly project_id: string
    readonly goal_id: string
    readonly planner_model: string
  },
) {
  const place = { organization_id, project_id }
  const artifacts = await inputsOf(deps, tx, { ...place, ids: request.artifact_ids ?? [] })
  await goalStore.insertGoal(tx, {
    ...place,
    id: goal_id,
    title: request.title,
    text: request.text ?? null,
    status: 'planning',
    strategy: 'model',
    planner_model,
    plan_revision: 0,
    priority: priority_ranks[request.priority],
    artifacts: JSON.stringify(artifacts),
    variables: JSON.stringify(request.variables ?? {}),
    playbook: null,
    rerun_of: rerun_of ?? null,
    created_by: JSON.stringify(caller.principal),
    open_tasks: 0,
  })
  const payload = { model: planner_model, starts: request.start, reason: null }
  await jobQueue.put(tx, planRequests, [{ ...place, key: goal_id, payload }])
  deps.journal.record(tx, organization_id, [{ type: 'goal.created', actor: caller.principal, project_id, goal_id }])
  const row = await goalReadStore.goal(tx, organization_id, goal_id)
  invariant(row, 'what was written can be read')
  return presentGoal({ ...row, number: await goalStore.numberGoal(tx, { ...place, goal_id }) })
}
