/** States of queues and agents: pure. */
import type { QueueName } from '@muster/contract/dashboard/fleet'
import type { FleetAgent, FleetNumbers, Lane, ProcessSeen } from '../dashboard.types.ts'

export interface UnworkedLane extends Lane {
  readonly remedy: string
}

/** Lanes of ready tasks that nobody present can take, the oldest first, each with a remedy. */
export function unworkedLanes(lanes: readonly Lane[], processes: readonly ProcessSeen[]): readonly UnworkedLane[] {
  const has_worker = runs(processes, 'worker')
  return lanes.flatMap((lane) => {
    if (lane.has_present || (lane.has_builtin && has_worker)) return []
    return [{ ...lane, remedy: remedyOf(lane) }]
  })
}

function remedyOf({ capability, agent_id, agents, able, has_builtin, has_stopped, able_name, any_name }: Lane): string {
  if (agents === 0)
    return agent_id === null
      ? `npx muster agents add NAME --capability ${capability}`
      : `The tasks name a retired agent. Add an agent (npx muster agents add NAME --capability ${capability}), then retry the tasks.`
  if (able === 0 && has_stopped)
    return `Lift the emergency stop in the dashboard, or call DELETE /api/v1/agents/${encodeURIComponent(any_name ?? '')}/stop.`
  if (able === 0) return `npx muster agents resume ${any_name}`
  return has_builtin ? 'Start a process with the worker service: npx muster up' : `Start agent ${able_name}.`
}

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
  { unworked, processes }: { readonly unworked: readonly UnworkedLane[]; readonly processes: readonly ProcessSeen[] },
): readonly Queue[] {
  const { task_oldest_at, review_oldest_at, hitl_oldest_at, at } = numbers
  const waits_ms = review_oldest_at === null ? 0 : Date.parse(at) - Date.parse(review_oldest_at)
  const is_judged = waits_ms < judged_within_ms || runs(processes, 'judge')
  return [
    queueOf('task_queue', [numbers.task_queue, task_oldest_at], unworked[0]?.remedy),
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

function runs(processes: readonly ProcessSeen[], service: string): boolean {
  return processes.some(({ services, is_alive }) => is_alive && services.includes(service))
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
