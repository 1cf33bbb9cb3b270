import type { Event, EventType } from '@muster/contract/events'
import { idFrom } from '@muster/contract/ids'
import type { GoalGraph, GoalNode } from '@muster/contract/planner/goals/goal-graph'
import { type TaskStatus, taskEnds } from '@muster/contract/planner/tasks/tasks'
import { fieldOf } from '@muster/contract/platform/objects'

/** Where an event puts its task. `task.judged` tells of a verdict; where that sends the task, the next event says. */
const statusAfter: Partial<Record<EventType, TaskStatus>> = {
  'task.ready': 'ready',
  'task.started': 'running',
  'task.reported': 'in_review',
  'task.returned': 'ready',
  'task.waiting': 'awaiting_approval',
  'task.lease_lost': 'ready',
  'task.conflicted': 'ready',
  'task.done': 'done',
  'task.failed': 'failed',
  'task.rejected': 'rejected',
  'task.skipped': 'skipped',
  'task.cancelled': 'cancelled',
}

const ends: ReadonlySet<TaskStatus> = new Set(taskEnds)
const approvalEnds: ReadonlySet<EventType> = new Set(['approval.applied', 'approval.expired', 'approval.withdrawn'])

/** The graph after an event; the very same graph where the event changes nothing in it. */
export function applyTaskEvent(graph: GoalGraph, event: Event): GoalGraph {
  return applyTaskEvents(graph, [event])
}

/** The graph after several events, oldest first. Nodes that none of them touches stay the same objects. */
export function applyTaskEvents(graph: GoalGraph, events: readonly Event[]): GoalGraph {
  const touched = new Set(events.flatMap(({ goal_id, task_id }) => (goal_id === graph.goal_id && task_id) || []))
  if (touched.size === 0) return graph
  let hasChanged = false
  const nodes = graph.nodes.map((node) => {
    if (!touched.has(node.id)) return node
    const after = events.reduce((now, event) => (event.task_id === node.id ? nodeAfter(now, event) : now), node)
    hasChanged ||= after !== node
    return after
  })
  return hasChanged ? { ...graph, nodes } : graph
}

/** Whether only the server knows what an event did: it made a task, or counted something. */
export function needsAsking(graph: GoalGraph, { type, goal_id, task_id }: Event): boolean {
  if (goal_id !== graph.goal_id || task_id === undefined || !type.startsWith('task.')) return false
  if (type === 'task.returned' || type === 'task.lease_lost' || type === 'task.conflicted') return true
  return !graph.nodes.some(({ id }) => id === task_id)
}

function nodeAfter(node: GoalNode, event: Event): GoalNode {
  if (event.type === 'approval.opened') return approvalOf(event, node)
  if (approvalEnds.has(event.type)) return without(node, 'approval_id')
  const status = statusAfter[event.type]
  // Ends are final, so what comes late, or twice after a lost connection, cannot take them back.
  if (status === undefined || ends.has(node.status)) return node
  return { ...without(node, 'reason'), status, ...timesOf(status, event), ...reasonOf(event), ...workerOf(event) }
}

function timesOf(status: TaskStatus, { at }: Event): Partial<GoalNode> {
  if (status === 'ready') return { ready_at: at }
  if (status === 'running') return { started_at: at }
  return ends.has(status) ? { ended_at: at } : {}
}

function reasonOf({ data }: Event): Partial<GoalNode> {
  const reason = fieldOf(data, 'reason')
  return typeof reason === 'string' ? { reason } : {}
}

function workerOf({ type, agent_id, actor }: Event): Partial<GoalNode> {
  if (type !== 'task.started') return {}
  const id = agent_id ?? (actor.kind === 'agent' ? actor.id : undefined)
  return id === undefined ? {} : { agent_id: idFrom(id) }
}

function approvalOf({ data }: Event, node: GoalNode): GoalNode {
  const id = fieldOf(data, 'approval_id')
  return typeof id === 'string' ? { ...node, approval_id: idFrom(id) } : node
}

function without(node: GoalNode, field: 'reason' | 'approval_id'): GoalNode {
  if (node[field] === undefined) return node
  const { [field]: _, ...rest } = node
  return rest as GoalNode
}
