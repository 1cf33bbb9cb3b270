/** States of queues and agents: pure. */
import type { QueueName } from '@muster/contract/dashboard/fleet'
import type { FleetAgent, FleetNumbers } from '../dashboard.types.ts'

export interface Queue {
  readonly queue: QueueName
  readonly depth: number
  readonly oldest_at?: string
  readonly is_worked: boolean
  readonly remedy?: string
}

/** Judging by rules is immediate, so a result that waits longer has no judge. */
const judged_within_ms = 60_000

export function queuesOf(
  numbers: FleetNumbers,
  { task_remedy, has_judge }: { readonly task_remedy: string | undefined; readonly has_judge: boolean },
): readonly Queue[] {
  const { task_oldest_at, review_oldest_at, hitl_oldest_at, at } = numbers
  const waits_ms = review_oldest_at === null ? 0 : Date.parse(at) - Date.parse(review_oldest_at)
  const is_judged = waits_ms < judged_within_ms || has_judge
  return [
    queueOf('task_queue', [numbers.task_queue, task_oldest_at], task_remedy),
    queueOf('review_queue', [numbers.review_queue, review_oldest_at], is_judged ? undefined : judge_remedy),
    queueOf('hitl_queue', [numbers.hitl_queue, hitl_oldest_at], numbers.past_due > 0 ? hitl_remedy : undefined),
  ]
}

const judge_remedy = 'Start a process with the judge service: npx muster up'
const hitl_remedy = 'npx muster approvals list'

function queueOf(
  queue: QueueName,
  [depth, oldest_at]: readonly [number, string | null],
  remedy: string | undefined,
): Queue {
  const is_worked = remedy === undefined
  return { queue, depth, ...(oldest_at !== null && { oldest_at }), is_worked, ...(!is_worked && { remedy }) }
}

const states = ['working', 'idle', 'offline', 'paused', 'stopped', 'error'] as const
export type AgentState = (typeof states)[number]

/** The state of an agent; the first that fits: what somebody did to it, whether it is present, what it does. */
export function stateOf({ stopped, status, is_present, live_runs, last_ended }: FleetAgent): AgentState {
  if (stopped) return 'stopped'
  if (status === 'paused') return 'paused'
  if (!is_present) return 'offline'
  if (live_runs > 0) return 'working'
  return last_ended === 'failed' ? 'error' : 'idle'
}

export function agentsByState(agents: readonly FleetAgent[]): Readonly<Record<AgentState, number>> {
  const counts = { working: 0, idle: 0, offline: 0, paused: 0, stopped: 0, error: 0 }
  for (const agent of agents) counts[stateOf(agent)] += 1
  return counts
}
