/** The effect of a judged result on its task: pure. */
import { limits } from '@muster/contract/limits'
import type { TaskOutcome } from '../../planner/planner.port.ts'
import type { SettleOutcome } from '../../worker/worker.port.ts'
import { retryDelayMs } from '../judge.rules.ts'
import type { Item } from '../judge.types.ts'

/** The actor of events that the judge causes. */
const judge_actor = { kind: 'system', id: 'judge' } as const

export function taskOutcomeOf(item: Pick<Item, 'result' | 'verdict' | 'commit' | 'state' | 'policy'>): TaskOutcome {
  const { result, verdict, commit, state } = item
  const { organization_id, task_id, project_id, goal_id, run_id } = result.run
  const subject = { organization_id, task_id, project_id, goal_id, run_id, actor: judge_actor }
  if (commit?.outcome === 'conflict') return afterConflict(item)
  if (commit?.outcome === 'invalid') return { ...subject, to: 'failed', reason: `invalid_operation: ${commit.reason}` }
  const { route } = verdict
  switch (route.to) {
    case 'commit':
      if (commitsByHand(item)) return { ...subject, to: 'in_review', reason: 'commit_manual' }
      return { ...subject, to: 'done', output: result.output, output_sha256: result.output_sha256 }
    case 'approval':
      return { ...subject, to: 'awaiting_approval', reason: route.reason }
    case 'retry': {
      const delay_ms = retryDelayMs(state.retries, jitterOf(run_id))
      const text = `The judge requested changes: ${route.reason}.`
      const feedback = { from: 'judge' as const, text, violations: verdict.violations }
      return { ...subject, to: 'ready', reason: route.reason, counts: 'retries', delay_ms, feedback }
    }
  }
}

/** Policy may leave the commit to a caller of `/judge/commit`. */
export function commitsByHand({ verdict, policy }: Pick<Item, 'verdict' | 'policy'>): boolean {
  return verdict.route.to === 'commit' && policy.commit === 'manual'
}

function afterConflict({ result, state, policy, commit }: Parameters<typeof taskOutcomeOf>[0]): TaskOutcome {
  const { organization_id, task_id, project_id, goal_id, run_id } = result.run
  const subject = { organization_id, task_id, project_id, goal_id, run_id, actor: judge_actor }
  const movedDocuments = commit?.outcome === 'conflict' ? commit.moved.map(({ document }) => document).join(', ') : ''
  const reason = `occ_conflict: ${movedDocuments} changed during the run`
  if (state.conflicts + 1 < limits.conflicts_max) {
    const feedback = { from: 'commit' as const, text: reason, violations: [] }
    return { ...subject, to: 'ready', reason, counts: 'conflicts', delay_ms: 0, feedback }
  }
  if (policy.on_conflict === 'fail') return { ...subject, to: 'failed', reason, counts: 'conflicts' }
  if (plansAnew(policy, goal_id))
    return { ...subject, to: 'ready', reason, counts: 'conflicts', delay_ms: 0, needs_plan: true }
  return { ...subject, to: 'awaiting_approval', reason, counts: 'conflicts' }
}

/** After too many conflicts policy may pause the goal for a new plan; a task without a goal goes to a person. */
export function plansAnew(policy: Pick<Item['policy'], 'on_conflict'>, goal_id: string | null): boolean {
  return policy.on_conflict === 'replan' && goal_id !== null
}

/** 0 to 1 from a run's id: retries of a batch spread out, and the same run always gets the same delay. */
function jitterOf(run_id: string): number {
  return Number.parseInt(run_id.slice(-8), 16) / 0xffff_ffff
}

/** The answer to whoever reported the result. */
export function settleOutcomeOf(outcome: TaskOutcome | undefined): SettleOutcome {
  switch (outcome?.to) {
    case 'done':
      return 'committed'
    case 'ready':
      return outcome.counts === 'conflicts' ? 'conflict' : 'returned'
    case 'awaiting_approval':
      return 'waiting'
    case 'in_review':
      return 'recorded'
    case 'cancelled':
      return 'cancelled'
    default:
      return 'invalid'
  }
}
