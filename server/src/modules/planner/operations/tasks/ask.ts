import type { Tx } from '../../../../platform/db/db.ts'
import type { Journal } from '../../../../platform/journal/record.ts'
import { type Principal, system_principal } from '../../../../platform/principal.ts'
import type { ApprovalsPort, NewApproval } from '../../../approvals/approvals.port.ts'
import type { ProjectsPort } from '../../../projects/projects.port.ts'
import type { ClaimedTask } from '../../planner.port.ts'
import { effectOfEnd } from '../../rules/planner.rules.ts'
import { type Consequence, plannerStore } from '../../store/planner.store.ts'
import { pauseForPlan } from '../by-model/pause-for-plan.ts'

export interface AskDeps {
  readonly journal: Journal
  readonly approvals: ApprovalsPort
  readonly projects: ProjectsPort
}

/**
 * Opens approvals for what the graph cannot decide: a task that is approved before its run, an edge with `on_failure:
 * ask`. An edge with `replan` pauses the goal until there is a new plan.
 */
export async function askPeople(
  deps: AskDeps,
  tx: Tx,
  { tasks: consequences, actor }: { readonly tasks: readonly Consequence[]; readonly actor: Principal },
): Promise<void> {
  const consequencesForPeople = consequences.flatMap((one) =>
    one.what === 'approve' || one.what === 'broken' ? [one] : [],
  )
  const tasks = new Map((await plannerStore.tasks(tx, consequencesForPeople)).map((task) => [task.task_id, task]))
  const questions: NewApproval[] = []
  for (const one of consequencesForPeople) {
    const task = tasks.get(one.task_id)
    if (!task) continue
    const { organization_id, project_id, goal_id, task_id } = task
    if (one.what === 'broken' && effectOfEnd(one.cause, one.on_failure) === 'replan') {
      await pauseForPlan(deps.journal, tx, { taskRef: task, actor })
      continue
    }
    const reason = reasonOf(one)
    await plannerStore.hold(tx, [
      { organization_id, project_id, goal_id, task_id, to: 'awaiting_approval', run_id: null, actor, reason },
    ])
    deps.journal.record(tx, organization_id, [
      {
        type: 'task.waiting',
        actor: system_principal,
        project_id,
        goal_id: goal_id ?? undefined,
        task_id,
        data: { reason },
      },
    ])
    questions.push(await questionOf(deps, tx, { task, one }))
  }
  if (questions.length > 0) await deps.approvals.open(tx, questions)
}

type PersonQuestion = Extract<
  Consequence,
  { readonly what: 'approve' | 'run' | 'expand' | 'join' } | { readonly what: 'broken' }
>

function reasonOf(one: PersonQuestion): string {
  return one.what === 'broken' ? `dependency ${one.cause_key} ${one.cause}` : 'approval_before'
}

async function questionOf(
  deps: AskDeps,
  tx: Tx,
  { task, one }: { task: ClaimedTask; one: PersonQuestion },
): Promise<NewApproval> {
  const [gate] = await deps.projects.gates(tx, [task], 'none')
  const policy = await deps.projects.policy(tx, task, gate?.policy_version ?? 1)
  const { organization_id, project_id, goal_id, task_id } = task
  const isBroken = one.what === 'broken'
  return {
    organization_id,
    project_id,
    goal_id,
    task_id,
    run_id: null,
    subject_kind: isBroken ? 'dependency' : 'task',
    subject_id: task_id,
    question: isBroken
      ? `“${one.cause_key}” ${one.cause}. How should “${task.title}” continue?`
      : `Run “${task.title}” (${task.capability})?`,
    options: isBroken ? ['retry', 'skip', 'continue', 'fail'] : ['approve', 'reject'],
    proposed: JSON.stringify({ capability: task.capability, input: task.input }),
    artifact_sha256: null,
    policy_version: gate?.policy_version ?? 1,
    read_set: [],
    rule: reasonOf(one),
    tags: [],
    risk: isBroken ? 'low' : 'medium',
    confidence: null,
    quorum: isBroken ? 1 : policy.quorum,
    due_ms: policy.approval_due_ms,
    made_by: [],
    stated_by: policy.four_eyes ? task.created_by : null,
    amended_by: null,
  }
}
