import type { Event, EventType } from '@muster/contract/events'
import { idFrom } from '@muster/contract/ids'
import type { GoalGraph, GoalNode } from '@muster/contract/planner/goals/goal-graph'
import { describe, expect, it } from 'vitest'
import { applyTaskEvent, applyTaskEvents, needsAsking } from './apply-task-event.ts'

const at = '2030-01-02T03:04:05.000Z'

function node(id: string, status: GoalNode['status'] = 'pending'): GoalNode {
  const counters = { attempts: 0, leases_lost: 0, retries: 0, conflicts: 0 }
  return { id: idFrom(id), key: id, title: id, capability: 'noop', status, counters, is_leaf: false }
}

const graph: GoalGraph = {
  goal_id: idFrom('goal'),
  plan_revision: 1,
  nodes: [node('a'), node('b', 'running'), node('c', 'done')],
  edges: [],
  mermaid: '',
}

function event(type: EventType, task_id: string, more: Partial<Event> = {}): Event {
  const actor = { kind: 'agent', id: 'agent-1' } as const
  const ids = { id: idFrom<Event['id']>('e'), organization_id: idFrom<Event['organization_id']>('o') }
  return { number: 1, ...ids, type, at, goal_id: idFrom('goal'), task_id: idFrom(task_id), actor, data: {}, ...more }
}

describe('applyTaskEvent', () => {
  it('moves one node and leaves the others the same objects', () => {
    const after = applyTaskEvent(graph, event('task.started', 'a'))
    expect(after.nodes[0]).toMatchObject({ status: 'running', started_at: at, agent_id: 'agent-1' })
    expect(after.nodes[1]).toBe(graph.nodes[1])
    expect(after.nodes[2]).toBe(graph.nodes[2])
  })

  it('gives the same graph where nothing changes', () => {
    expect(applyTaskEvent(graph, event('task.judged', 'b'))).toBe(graph)
    expect(applyTaskEvent(graph, event('task.started', 'a', { goal_id: idFrom('other') }))).toBe(graph)
    expect(applyTaskEvent(graph, event('task.ready', 'unknown'))).toBe(graph)
  })

  it('never takes an end back', () => {
    expect(applyTaskEvent(graph, event('task.started', 'c'))).toBe(graph)
  })

  it('keeps why a task came back, and drops it when it moves on', () => {
    const back = applyTaskEvent(graph, event('task.returned', 'b', { data: { reason: 'critical_violation' } }))
    expect(back.nodes[1]).toMatchObject({ status: 'ready', reason: 'critical_violation', ready_at: at })
    expect(applyTaskEvent(back, event('task.started', 'b')).nodes[1]).not.toHaveProperty('reason')
  })

  it('applies several in order', () => {
    const events = [event('task.started', 'a'), event('task.reported', 'a'), event('task.done', 'a')]
    expect(applyTaskEvents(graph, events).nodes[0]).toMatchObject({ status: 'done', ended_at: at })
  })

  it('notes a question and drops it once it is answered', () => {
    const graphWithApproval = applyTaskEvent(graph, event('approval.opened', 'b', { data: { approval_id: 'q' } }))
    expect(graphWithApproval.nodes[1]).toMatchObject({ approval_id: 'q', status: 'running' })
    expect(applyTaskEvent(graphWithApproval, event('approval.applied', 'b')).nodes[1]).not.toHaveProperty('approval_id')
  })
})

describe('needsAsking', () => {
  it('holds for tasks that the graph lacks and for what is counted', () => {
    expect(needsAsking(graph, event('task.ready', 'new'))).toBe(true)
    expect(needsAsking(graph, event('task.lease_lost', 'b'))).toBe(true)
    expect(needsAsking(graph, event('task.started', 'a'))).toBe(false)
    expect(needsAsking(graph, event('task.ready', 'new', { goal_id: idFrom('other') }))).toBe(false)
  })
})
