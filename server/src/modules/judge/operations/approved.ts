import type { MovedFact } from '@muster/contract/approvals/errors'
import { cutText } from '@muster/contract/texts/graphemes'
import type { Tx } from '../../../platform/db/db.ts'
import { MusterError } from '../../../platform/errors.ts'
import { newId } from '../../../platform/ids.ts'
import { sha256 } from '../../../platform/journal/seal.ts'
import type { Principal } from '../../../platform/principal.ts'
import type { Applied, Approval, ApprovalSubject, Decision } from '../../approvals/approvals.port.ts'
import type { ScopedTaskRef, TaskState } from '../../planner/planner.port.ts'
import type { MovedDocument } from '../../state/state.port.ts'
import type { EndedResult, LiveRun, RunResult } from '../../worker/worker.port.ts'
import { textsOf } from '../checks/texts.ts'
import { judgeStore } from '../judge.store.ts'
import type { Item } from '../judge.types.ts'
import { commitRequestOf } from '../rules/commit-request.rules.ts'
import { questionOf } from '../rules/question.rules.ts'
import { verdictRowOf } from '../rules/verdict-row.rules.ts'
import { lineageOf } from './lineage.ts'
import { recordVerdicts } from './record-verdicts.ts'
import type { JudgeDeps } from './settle.ts'

/** The approval subject for results: a person may approve, amend or reject them. */
export function resultSubject(deps: JudgeDeps): ApprovalSubject {
  return {
    kind: 'result',
    async lineage(tx, approval) {
      const run = await deps.worker.result(tx, approval.organization_id, approval.run_id ?? '')
      return lineageOf(deps, tx, { ...approval, claimed_by: run?.claimed_by, completed_by: run?.completed_by })
    },
    test: (tx, approval) => test(deps, tx, approval),
    apply: (tx, approval, decision) => apply(deps, tx, { approval, decision }),
    lapse: (tx, approval, how) => lapse(deps, tx, { approval, how }),
  }
}

/** The decision is bound to what was shown: artifact hash, policy version, read set (invariant 7). */
async function test(deps: JudgeDeps, tx: Tx, approval: Approval): ReturnType<ApprovalSubject['test']> {
  const state = await lockTask(deps, tx, approval)
  if (state?.stopped) return { fits: false, reason: 'an emergency stop is active', stopped: true }
  if (state?.status !== 'awaiting_approval') return { fits: false, reason: `the task is ${state?.status ?? 'gone'}` }
  const run = await deps.worker.result(tx, approval.organization_id, approval.run_id ?? '')
  if (run && (await isStopped(deps, tx, run))) return { fits: false, reason: 'the agent is stopped', stopped: true }
  const read_set = await deps.state.moved(tx, approval.organization_id, approval.read_set)
  const hasPolicyMoved = state.policy_version !== approval.policy_version
  const policy = { what: 'policy', shown_version: approval.policy_version, version: state.policy_version } as const
  const moved = [...(hasPolicyMoved ? [policy] : []), ...read_set.map(movedFact)]
  if (!run?.output || run.output_sha256 !== approval.artifact_sha256)
    return { fits: false, reason: 'the result was replaced', moved: [{ what: 'artifact' }, ...moved] }
  if (hasPolicyMoved) return { fits: false, reason: 'the policy changed', moved }
  if (read_set.length > 0)
    return { fits: false, reason: `documents changed: ${read_set.map(({ document }) => document).join(', ')}`, moved }
  return { fits: true }
}

export function movedFact({ document, version, current }: MovedDocument): MovedFact {
  return { what: 'read_set', document, shown_version: version, version: current }
}

/** Whether the agent that made a result is under an emergency stop: then nothing of it is committed either. */
export async function isStopped(
  deps: JudgeDeps,
  tx: Tx,
  { organization_id, agent_id }: { organization_id: string; agent_id: string },
): Promise<boolean> {
  return (await deps.agents.facts(tx, organization_id, [agent_id])).get(agent_id)?.stopped ?? false
}

async function apply(
  deps: JudgeDeps,
  tx: Tx,
  { approval, decision }: { approval: Approval; decision: Decision },
): Promise<Applied> {
  const { by, action } = decision
  const taskRef = scopedTaskRef(approval)
  if (action === 'reject') {
    const reason = cutText(decision.comment ?? 'rejected by a person', 500)
    await deps.planner.settle(tx, [{ ...taskRef, to: 'rejected', run_id: approval.run_id, actor: by, reason }])
    return {}
  }
  const result = await storedResult(deps, tx, approval)
  if (action === 'approve') {
    await judgeStore.approve(tx, {
      ...taskRef,
      run_id: result.run.run_id,
      texts: JSON.stringify(textsOf(result.value).map(({ text }) => text)),
    })
    return commit(deps, tx, { result, by })
  }
  return decision.content === null
    ? sendBack(deps, tx, { approval, decision })
    : amend(deps, tx, { approval, decision, result })
}

async function commit(deps: JudgeDeps, tx: Tx, { result, by }: { result: RunResult; by: Principal }): Promise<Applied> {
  const { commit_id, new_state_version } = await commitApproved(deps, tx, { result, by })
  return { commit_id, state_version: new_state_version }
}

export interface CommittedResult {
  readonly commit_id: string
  readonly committed: true
  readonly documents: readonly {
    readonly document: string
    readonly scope: 'project' | 'agent'
    readonly version: number
  }[]
  readonly new_state_version?: number
}

/**
 * Commits a result that a person has approved, or a caller whom policy trusts. The task's lock is held and its reads
 * were tested; if something has moved since, or an operation cannot be applied, the whole answer is refused.
 */
export async function commitApproved(
  deps: JudgeDeps,
  tx: Tx,
  { result, by }: { result: RunResult; by: Principal },
): Promise<CommittedResult> {
  const { run, task, output, output_sha256 } = result
  const [outcome] = await deps.state.commit(tx, [{ ...commitRequestOf(result), committed_by: by }])
  if (outcome?.outcome === 'conflict')
    throw new MusterError('approval_stale', 'A document that the task read has changed.', {
      value: outcome.moved.map(({ document }) => document),
      moved: outcome.moved.map(movedFact),
    })
  if (outcome?.outcome !== 'committed')
    throw new MusterError('invalid', `The result cannot be written: ${outcome?.reason ?? 'nothing was committed'}.`, {
      field: 'writes',
      remedy: 'Edit or reject the result.',
    })
  const { organization_id, task_id, project_id, goal_id } = task
  const { commit_id, written } = outcome
  const subject = { actor: by, project_id, goal_id: goal_id ?? undefined, task_id, run_id: run.run_id }
  deps.journal.record(tx, organization_id, [
    { type: 'state.committed', ...subject, data: { commit_id, documents: written.map(({ document }) => document) } },
  ])
  await deps.planner.settle(tx, [
    { organization_id, task_id, project_id, goal_id, to: 'done', run_id: run.run_id, actor: by, output, output_sha256 },
  ])
  const documents = written.map(({ document, scope, version }) => ({ document, scope, version }))
  const highest = Math.max(0, ...documents.map(({ version }) => version))
  return { commit_id, committed: true, documents, ...(highest > 0 && { new_state_version: highest }) }
}

/** An amendment with only a comment sends the task back with feedback. */
async function sendBack(
  deps: JudgeDeps,
  tx: Tx,
  { approval, decision }: { approval: Approval; decision: Decision },
): Promise<Applied> {
  const text = decision.comment ?? ''
  recordReturn(deps, tx, { approval, actor: decision.by, reason: 'changes requested by a person' })
  const feedback = { from: 'person' as const, text, violations: [] }
  await deps.planner.settle(tx, [
    {
      ...scopedTaskRef(approval),
      to: 'ready',
      run_id: approval.run_id,
      actor: decision.by,
      reason: 'changes requested by a person',
      counts: 'retries',
      delay_ms: 0,
      feedback,
    },
  ])
  return {}
}

/** A person's version is judged by rows 2 and 4 alone and otherwise commits; where one matches, its author is asked again. */
async function amend(
  deps: JudgeDeps,
  tx: Tx,
  { approval, decision, result }: { approval: Approval; decision: Decision; result: RunResult },
): Promise<Applied> {
  const output = decision.content ?? 'null'
  const amendedResult: RunResult = {
    ...result,
    output,
    value: JSON.parse(output),
    output_sha256: sha256(output).toString('hex'),
    completed_by: decision.by,
  }
  await deps.worker.keepOutputs(tx, [{ ...result.run, output, output_sha256: amendedResult.output_sha256 }])
  const state = await lockTask(deps, tx, approval)
  if (!state) throw new MusterError('approval_stale', 'The task no longer exists.', { value: approval.task_id })
  const policy = await deps.projects.policy(tx, state, state.policy_version)
  const verdict = await deps.examine(tx, { result: amendedResult, state, policy, amended: true })
  const item: Item = { result: amendedResult, state, policy, verdict, verdict_id: newId() }
  await judgeStore.insert(tx, [verdictRowOf(item)])
  recordVerdicts({ journal: deps.journal, tx }, [item], 'again')
  if (verdict.route.to === 'commit' && approval.quorum === 1) {
    await judgeStore.approve(tx, {
      ...scopedTaskRef(approval),
      run_id: result.run.run_id,
      texts: JSON.stringify(textsOf(amendedResult.value).map(({ text }) => text)),
    })
    return commit(deps, tx, { result: amendedResult, by: decision.by })
  }
  // With a quorum the others are shown the new version first.
  const shownItem: Item =
    verdict.route.to === 'commit'
      ? { ...item, verdict: { ...verdict, route: { to: 'approval', row: 6, reason: 'approval_required' } } }
      : item
  const question = questionOf(shownItem)
  // It goes back to the person who amended it; those who made the original still may not decide about it.
  if (question)
    await deps.approvals.open(tx, [
      { ...question, amended_by: decision.by, made_by: [...approval.made_by, decision.by] },
    ])
  return {}
}

/**
 * Stale: where the policy moved the result is judged again, otherwise the task runs again. Expired never means approved
 * (invariant 7).
 */
async function lapse(
  deps: JudgeDeps,
  tx: Tx,
  { approval, how }: { approval: Approval; how: 'stale' | 'expired' },
): Promise<void> {
  const state = await lockTask(deps, tx, approval)
  if (state?.status !== 'awaiting_approval') return
  const actor: Principal = { kind: 'system', id: 'judge' }
  const taskRef = scopedTaskRef(approval)
  if (how === 'expired') {
    await deps.planner.settle(tx, [
      { ...taskRef, to: 'rejected', run_id: approval.run_id, actor, reason: 'approval expired' },
    ])
    return
  }
  const movedDocuments = await deps.state.moved(tx, approval.organization_id, approval.read_set)
  if (movedDocuments.length > 0 || state.policy_version === approval.policy_version) {
    const reason =
      movedDocuments.length > 0
        ? `documents changed: ${movedDocuments.map(({ document }) => document).join(', ')}`
        : 'approval outdated'
    recordReturn(deps, tx, { approval, actor, reason })
    await deps.planner.settle(tx, [
      { ...taskRef, to: 'ready', run_id: approval.run_id, actor, reason, counts: 'nothing', delay_ms: 0 },
    ])
    return
  }
  await judgeAgain(deps, tx, { approval, state })
}

async function judgeAgain(
  deps: JudgeDeps,
  tx: Tx,
  { approval, state }: { approval: Approval; state: TaskState },
): Promise<void> {
  const result = await storedResult(deps, tx, approval)
  const policy = await deps.projects.policy(tx, state, state.policy_version)
  const isAmended = (await deps.approvals.amendedBy(tx, result.run)).length > 0
  const verdict = await deps.examine(tx, { result, state, policy, amended: isAmended })
  const item: Item = { result, state, policy, verdict, verdict_id: newId() }
  await judgeStore.insert(tx, [verdictRowOf(item)])
  recordVerdicts({ journal: deps.journal, tx }, [item], 'again')
  // An approval is asked again whatever the new policy would decide: nobody has answered it.
  const { made_by, stated_by, amended_by } = approval
  const question = questionOf(item) ?? { ...approval, policy_version: state.policy_version }
  await deps.approvals.open(tx, [{ ...question, made_by, stated_by: question.stated_by ?? stated_by, amended_by }])
}

function recordReturn(
  { journal }: JudgeDeps,
  tx: Tx,
  { approval, actor, reason }: { approval: Approval; actor: Principal; reason: string },
): void {
  const { organization_id, project_id, goal_id, task_id, run_id } = approval
  const subject = {
    project_id,
    goal_id: goal_id ?? undefined,
    task_id: task_id ?? undefined,
    run_id: run_id ?? undefined,
  }
  journal.record(tx, organization_id, [{ type: 'task.returned', actor, ...subject, data: { reason } }])
}

async function lockTask(deps: JudgeDeps, tx: Tx, approval: Approval): Promise<TaskState | undefined> {
  const [state] = await deps.planner.lock(tx, [scopedTaskRef(approval)])
  return state
}

function scopedTaskRef({ organization_id, project_id, goal_id, task_id }: Approval): ScopedTaskRef {
  return { organization_id, project_id, goal_id, task_id: task_id ?? '' }
}

/** A result as it is stored with its run. @throws approval_stale where it is gone */
async function storedResult(
  deps: JudgeDeps,
  tx: Tx,
  { organization_id, run_id, task_id }: Approval,
): Promise<RunResult> {
  const run = await deps.worker.result(tx, organization_id, run_id ?? '')
  const [task] = await deps.planner.tasks(tx, [{ organization_id, task_id: task_id ?? '' }])
  if (!run?.output || !task)
    throw new MusterError('approval_stale', 'The result no longer exists.', {
      value: run_id,
      moved: [{ what: 'artifact' }],
    })
  return resultOf(run, task)
}

export function resultOf(run: EndedResult, task: RunResult['task']): RunResult {
  const output = run.output ?? 'null'
  const {
    organization_id,
    run_id,
    task_id,
    project_id,
    goal_id,
    agent_id,
    token,
    claimed_by,
    claimed_at,
    ended_at,
    read_set,
  } = run
  const liveRun: LiveRun = {
    organization_id,
    run_id,
    task_id,
    project_id,
    goal_id,
    agent_id,
    token,
    claimed_by,
    claimed_at,
    expires_at: ended_at,
    deadline_at: ended_at,
    read_set,
  }
  return {
    run: liveRun,
    task,
    completed_by: run.completed_by ?? claimed_by,
    output,
    value: JSON.parse(output),
    output_sha256: run.output_sha256 ?? sha256(output).toString('hex'),
    artifact_ids: run.artifact_ids,
    source_ids: [],
    confidence: run.confidence ?? undefined,
    usage: run.usage ?? undefined,
  }
}
