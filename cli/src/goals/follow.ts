import type { Approval } from '@muster/contract/approvals/approvals'
import { listApprovals, respondApproval } from '@muster/contract/approvals/operations'
import { getGoal, listGoalTasks } from '@muster/contract/planner/goals/goal.operations'
import { type Goal, goalEnds } from '@muster/contract/planner/goals/goals'
import { type ExitCode, exitCodes } from '@muster/contract/platform/exit-codes'
import { linkSignals } from '@muster/contract/platform/linked-signal'
import type { Client } from '@muster/sdk/client'
import { delay } from '@muster/sdk/delay'
import { isTransient, MusterError } from '@muster/sdk/errors'
import { take } from '../context.ts'
import type { AnswerInput } from './ask-approval.ts'
import type { GoalView, Progress } from './progress.ts'

export interface FollowOptions {
  readonly client: Client
  readonly goal_id: string
  readonly progress: Progress
  readonly signal: AbortSignal
  /** Approves what the goal asks, as the caller. */
  readonly approve: boolean
  /** Whether to stay where nothing but a person can move the goal on. */
  readonly wait: boolean
  /** Puts an approval to the person at the terminal; null: they leave it for later. */
  readonly ask?: (approval: Approval) => Promise<AnswerInput | null>
  readonly onNote?: (text: string) => void
  readonly poll_ms?: number
}

export interface Followed {
  readonly goal: Goal
  readonly exit_code: ExitCode
  /** Approvals that are left open. */
  readonly approvals: readonly Approval[]
}

/** Most tasks that are looked at for drawing. */
const tasks_shown_max = 1_000

/**
 * Shows a goal until it ends, or until only a person can move it on and nobody waits for that. Null when the signal aborts;
 * the goal goes on without us.
 */
export async function followGoal(options: FollowOptions): Promise<Followed | null> {
  const { client, goal_id, progress, signal } = options
  const others = new Set<string>()
  const wake = createWaker(client, goal_id, signal)
  try {
    for (let failures = 0; !signal.aborted; ) {
      try {
        const view = await look(client, goal_id, signal)
        failures = 0
        progress.update(view)
        const outcome = outcomeOf(view, { ...options, others })
        if (outcome !== null) return outcome
        if (options.approve) await approveAll(view, others, options)
        if (options.ask && (await askAll(view, others, { ...options, ask: options.ask }))) continue
      } catch (error) {
        if (signal.aborted) return null
        if (!isTransient(error) || ++failures > 5) throw error
      }
      await wake.wait(options.poll_ms ?? 1_000)
    }
    return null
  } finally {
    progress.end()
    wake.end()
  }
}

async function look(client: Client, id: string, signal: AbortSignal): Promise<GoalView> {
  const [goal, tasks, approvals] = await Promise.all([
    client.call(getGoal, { params: { id }, signal }),
    take(client.list(listGoalTasks, { params: { id }, query: { limit: 200 }, signal }), tasks_shown_max),
    take(client.list(listApprovals, { query: { goal_id: id }, signal }), 100),
  ])
  return { goal, tasks, approvals }
}

/** How a goal ended, or that it stands still until a person answers; null while it moves. */
export function outcomeOf(
  { goal, approvals }: GoalView,
  { approve, wait, others }: { approve: boolean; wait: boolean; others: ReadonlySet<string> },
): Followed | null {
  if (goalEnds.some((end) => end === goal.status)) {
    return { goal, exit_code: goal.status === 'done' ? exitCodes.done : exitCodes.failed, approvals }
  }
  const { ready, running, in_review, acting } = goal.counts
  const canMove = ready + running + in_review + acting > 0 && goal.status === 'running'
  const canAnswer = approve && approvals.some(({ id }) => !others.has(id))
  if (approvals.length === 0 || canMove || canAnswer || wait) return null
  return { goal, exit_code: exitCodes.person_needed, approvals }
}

/** Approves every approval that has that answer; the others need another one. */
async function approveAll(view: GoalView, others: Set<string>, options: FollowOptions): Promise<void> {
  for (const approval of view.approvals) {
    if (others.has(approval.id)) continue
    const isSettled = approval.options.includes('approve') && (await approveOne(approval, options))
    if (!isSettled) others.add(approval.id)
  }
}

/** Whether anything was asked, so that the goal has to be looked at again. */
async function askAll(
  view: GoalView,
  others: Set<string>,
  options: FollowOptions & Required<Pick<FollowOptions, 'ask'>>,
): Promise<boolean> {
  const openApprovals = view.approvals.filter(({ id }) => !others.has(id))
  for (const approval of openApprovals) {
    options.progress.end()
    const answer = await options.ask(approval)
    if (options.signal.aborted) return true
    if (answer === null || !(await respond(approval, answer, options))) others.add(approval.id)
  }
  return openApprovals.length > 0
}

const approve_comment = 'Approved by `goal run --yes`.'

function textOf(content: unknown): string {
  return typeof content === 'string' ? content : JSON.stringify(content, null, 2)
}

function approveOne(approval: Approval, options: FollowOptions): Promise<boolean> {
  return respond(approval, { action: 'approve', comment: approve_comment }, options)
}

/** Whether it is decided now, by this answer or an earlier one. */
async function respond(
  approval: Approval,
  body: AnswerInput,
  { client, signal, onNote }: FollowOptions,
): Promise<boolean> {
  try {
    const { status } = await client.call(respondApproval, { params: { id: approval.id }, body, signal })
    if (status !== 'open') return true
    onNote?.(`${approval.id}: approved, more approvals required`)
    return false
  } catch (error) {
    // What somebody wrote for an approval is never lost without a word.
    if (body.content !== undefined) onNote?.(`Your edit was not applied:\n${textOf(body.content)}`)
    if (!(error instanceof MusterError) || isTransient(error)) throw error
    const isSettled = error.code === 'approval_stale' || error.code === 'approval_decided'
    if (!isSettled || body.comment !== approve_comment) onNote?.(`${approval.id}: ${error.message}`)
    return isSettled
  }
}

/** Waits for the goal's next event, or a while where no feed can be had. */
function createWaker(client: Client, goal_id: string, outer: AbortSignal) {
  const over = linkSignals(outer)
  const { signal } = over
  let wake = linkSignals(signal)
  const readEvents = async () => {
    for await (const _event of client.events({ goal_id, signal })) wake.abort()
  }
  // Without the feed (no permission, an older server) the poll alone carries it.
  readEvents().catch(() => {})
  return {
    async wait(poll_ms: number): Promise<void> {
      await delay(poll_ms, wake.signal)
      wake.unlink()
      wake = linkSignals(signal)
      // Many events at once are one look.
      await delay(Math.min(100, poll_ms), signal)
    },
    end() {
      over.abort()
      over.unlink()
    },
  }
}
