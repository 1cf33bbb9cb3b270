/** The approval of a result, where its verdict or its conflicts ask for one: pure. */
import { limits } from '@muster/contract/limits'
import type { NewApproval } from '../../approvals/approvals.port.ts'
import type { Item } from '../judge.types.ts'
import { plansAnew } from './outcome.rules.ts'

export function questionOf(item: Item): NewApproval | null {
  const { result, verdict, policy, commit, state } = item
  const { run, task } = result
  if (commit?.outcome === 'conflict') {
    if (state.conflicts + 1 < limits.conflicts_max || policy.on_conflict === 'fail' || plansAnew(policy, run.goal_id))
      return null
    return {
      ...base(item),
      subject_kind: 'task',
      subject_id: run.task_id,
      rule: 'conflicts',
      options: ['retry', 'fail'],
      question: `Retry “${task.title}”? Its result was rejected ${limits.conflicts_max} times because documents changed while it ran.`,
    }
  }
  if (verdict.route.to !== 'approval') return null
  const { reason } = verdict.route
  return {
    ...base(item),
    subject_kind: 'result',
    subject_id: run.run_id,
    rule: reason,
    options: ['approve', 'reject', 'amend'],
    question: `Approve “${task.title}”?`,
    artifact_sha256: result.output_sha256,
    risk: riskOf(item),
    tags: verdict.topics.map(({ topic }) => topic),
  }
}

function base({ result, verdict, policy, state }: Item): NewApproval {
  const { run, task, completed_by } = result
  return {
    organization_id: run.organization_id,
    project_id: run.project_id,
    goal_id: run.goal_id,
    task_id: run.task_id,
    run_id: run.run_id,
    subject_kind: 'result',
    subject_id: run.run_id,
    question: '',
    options: [],
    proposed: result.output,
    artifact_sha256: null,
    policy_version: state.policy_version,
    read_set: run.read_set,
    rule: '',
    tags: [],
    risk: 'medium',
    confidence: verdict.confidence,
    quorum: policy.quorum,
    due_ms: policy.approval_due_ms,
    made_by: [run.claimed_by, completed_by],
    stated_by: policy.four_eyes ? task.created_by : null,
    amended_by: null,
  }
}

function riskOf({ verdict, policy, result }: Item): NewApproval['risk'] {
  if (policy.loss_possible.includes(result.task.capability)) return 'high'
  if (verdict.violations.some(({ severity }) => severity === 'critical')) return 'high'
  return verdict.topics.length > 0 || verdict.violations.length > 0 ? 'medium' : 'low'
}
