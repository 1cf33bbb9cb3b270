import { cutText } from '@muster/contract/texts/graphemes'
import type { Json } from '@muster/contract/values'
import type { Tx } from '../../../platform/db/db.ts'
import { MusterError } from '../../../platform/errors.ts'
import type { Journal } from '../../../platform/journal/record.ts'
import { commitKillPoints } from '../../../platform/kill-points.ts'
import type {
  Applied,
  Approval,
  ApprovalSubject,
  ApprovalsPort,
  Decision,
  NewApproval,
  SubjectTest,
} from '../../approvals/approvals.port.ts'
import type { BudgetsPort } from '../../budgets/budgets.port.ts'
import type { ClaimedTask, PlannerPort, ScopedTaskRef } from '../../planner/planner.port.ts'
import type { ProjectsPort } from '../../projects/projects.port.ts'
import type { Usage } from '../../runtimes/runtimes.port.ts'
import { checkpointStore } from '../store/checkpoint.store.ts'
import { workerStore } from '../store/worker.store.ts'
import type { LiveRun } from '../worker.port.ts'

export interface AskDeps {
  readonly journal: Journal
  readonly projects: ProjectsPort
  readonly budgets: BudgetsPort
  readonly approvals: ApprovalsPort
  readonly planner: PlannerPort
}

export interface RunQuestion {
  readonly run: LiveRun
  readonly task: ClaimedTask
  readonly question: string
  readonly options: readonly string[]
  readonly checkpoint: Json
  /** Its usage so far that is not charged yet. */
  readonly usage?: Usage | undefined
}

const askKillPoint = commitKillPoints('worker.ask')

/**
 * Opens an approval with a run's question: the lease is given back, the checkpoint kept, and the task waits. Returns
 * the id of the approval. Throws `lease_lost` where the run's lease is gone, and `stopped`.
 */
export async function askPerson(deps: AskDeps, tx: Tx, runQuestion: RunQuestion): Promise<string> {
  const { run, task, question } = runQuestion
  askKillPoint(tx)
  const taskRef = scopedTaskRef(run)
  const [state] = await deps.planner.lock(tx, [taskRef])
  if (state?.stopped) throw new MusterError('stopped', 'An emergency stop is active; questions cannot be asked.')
  const { organization_id, run_id, task_id, agent_id, token } = run
  const endedRunIds =
    state?.status === 'running'
      ? await workerStore.end(tx, [{ organization_id, run_id, token, status: 'given_back', usage: runQuestion.usage }])
      : []
  if (endedRunIds.length === 0 || !state)
    throw new MusterError('lease_lost', `The lease of run ${run_id} was lost.`, { value: run_id })
  // Without usage there is nothing to charge; the rest of the task is held for again when it goes on.
  if (runQuestion.usage && !runQuestion.usage.metered)
    await deps.budgets.settle(tx, [{ ...run, usage: runQuestion.usage }])
  else await deps.budgets.release(tx, [run])
  const checkpoint = JSON.stringify(runQuestion.checkpoint)
  await checkpointStore.put(tx, { organization_id, task_id, run_id, agent_id, question, checkpoint })
  const reason = 'asks a person'
  const actor = { kind: 'agent', id: agent_id } as const
  await deps.planner.settle(tx, [{ ...taskRef, to: 'awaiting_approval', run_id, actor, reason }])
  const subject = { project_id: taskRef.project_id, goal_id: taskRef.goal_id ?? undefined, task_id, run_id }
  deps.journal.record(tx, organization_id, [{ type: 'task.waiting', actor, ...subject, data: { reason } }])
  const policy = await deps.projects.policy(tx, taskRef, state.policy_version)
  const questionWithPolicy = { ...runQuestion, policy_version: state.policy_version, due_ms: policy.approval_due_ms }
  const [approval_id] = await deps.approvals.open(tx, [approvalOf(task, questionWithPolicy)])
  return approval_id ?? ''
}

function approvalOf(
  task: ClaimedTask,
  { run, question, options, policy_version, due_ms }: RunQuestion & { policy_version: number; due_ms: number },
): NewApproval {
  const { organization_id, project_id, goal_id, task_id, run_id, agent_id } = run
  return {
    organization_id,
    project_id,
    goal_id,
    task_id,
    run_id,
    subject_kind: 'question',
    subject_id: run_id,
    question,
    options: ['answer', 'reject'],
    proposed: JSON.stringify({ task: task.title, question, options }),
    artifact_sha256: null,
    policy_version,
    read_set: [],
    rule: 'run_asks',
    tags: [],
    risk: 'low',
    confidence: null,
    quorum: 1,
    due_ms,
    made_by: [{ kind: 'agent', id: agent_id }],
    stated_by: null,
    amended_by: null,
  }
}

/**
 * The approval subject for questions of runs: after an answer the task is ready and the next run goes on from the
 * checkpoint; after a rejection it ends.
 */
export function questionSubject(deps: Pick<AskDeps, 'planner'>): ApprovalSubject {
  return {
    kind: 'question',
    // Who stated the goal may answer too: an answer approves nothing.
    lineage: async () => ({ made_by: [], stated_by: [], amended_by: [] }),
    test: (tx, approval) => test(deps, tx, approval),
    apply: (tx, approval, decision) => apply(deps, tx, { approval, decision }),
    async lapse(tx, approval, how) {
      if (how === 'stale') return
      const rejection = {
        to: 'rejected',
        reason: 'the question expired',
        actor: { kind: 'system', id: 'worker' },
      } as const
      await deps.planner.settle(tx, [{ ...scopedTaskRef(approval), run_id: approval.run_id, ...rejection }])
    },
  }
}

async function test({ planner }: Pick<AskDeps, 'planner'>, tx: Tx, approval: Approval): Promise<SubjectTest> {
  const [state] = await planner.lock(tx, [scopedTaskRef(approval)])
  if (state?.stopped) return { fits: false, reason: 'an emergency stop is active', stopped: true }
  if (state?.status !== 'awaiting_approval') return { fits: false, reason: `the task is ${state?.status ?? 'gone'}` }
  return { fits: true }
}

async function apply(
  { planner }: Pick<AskDeps, 'planner'>,
  tx: Tx,
  { approval, decision }: { readonly approval: Approval; readonly decision: Decision },
): Promise<Applied> {
  const { by: actor, action, comment, content } = decision
  const taskRef = { ...scopedTaskRef(approval), run_id: approval.run_id, actor }
  if (action === 'reject') {
    await planner.settle(tx, [{ ...taskRef, to: 'rejected', reason: cutText(comment ?? 'rejected by a person', 500) }])
    return {}
  }
  const answer = content ?? JSON.stringify(comment ?? '')
  await checkpointStore.answer(tx, { ...scopedTaskRef(approval), run_id: approval.run_id ?? '' }, answer)
  const text = `You asked: ${approval.question}\nThe answer: ${comment ?? answer}`
  await planner.settle(tx, [
    {
      ...taskRef,
      to: 'ready',
      reason: 'answered',
      counts: 'nothing',
      delay_ms: 0,
      feedback: { from: 'person', text, violations: [] },
    },
  ])
  return {}
}

function scopedTaskRef({
  organization_id,
  project_id,
  goal_id,
  task_id,
}: {
  organization_id: string
  project_id: string
  goal_id: string | null
  task_id: string | null
}): ScopedTaskRef {
  return { organization_id, project_id, goal_id, task_id: task_id ?? '' }
}
