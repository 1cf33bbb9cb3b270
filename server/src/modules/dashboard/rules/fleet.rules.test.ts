import { describe, expect, it } from 'vitest'
import type { FleetAgent, FleetNumbers } from '../dashboard.types.ts'
import { agentsByState, queuesOf, stateOf } from './fleet.rules.ts'

describe('queues', () => {
  const numbers: FleetNumbers = {
    at: '2026-01-01T00:10:00.000Z',
    task_queue: 2,
    task_oldest_at: '2026-01-01T00:00:00.000Z',
    review_queue: 1,
    review_oldest_at: '2026-01-01T00:09:30.000Z',
    hitl_queue: 0,
    hitl_oldest_at: null,
    snoozed: 0,
    past_due: 0,
    due_within_hour: 0,
    live_runs: 0,
    ended_hour: 0,
    failed_hour: 0,
    ended_day: 0,
    failed_day: 0,
  }

  it('are worked as long as nothing waits that nobody can take', () => {
    const queues = queuesOf(numbers, { task_remedy: undefined, has_judge: false })
    expect(queues.map(({ queue, depth, is_worked }) => [queue, depth, is_worked])).toEqual([
      ['task_queue', 2, true],
      ['review_queue', 1, true],
      ['hitl_queue', 0, true],
    ])
    expect(queues[2]).not.toHaveProperty('oldest_at')
    expect(queues.every((queue) => !('remedy' in queue))).toBe(true)
  })

  it('say what is missing: a taker, a judge, an answer', () => {
    const late = { ...numbers, review_oldest_at: '2026-01-01T00:00:00.000Z', past_due: 1, hitl_queue: 1 }
    const queues = queuesOf(late, { task_remedy: 'Start agent Ada.', has_judge: false })
    expect(queues.map(({ is_worked, remedy }) => [is_worked, remedy])).toEqual([
      [false, 'Start agent Ada.'],
      [false, 'Start a process with the judge service: npx muster up'],
      [false, 'npx muster approvals list'],
    ])
    expect(queuesOf(late, { task_remedy: undefined, has_judge: true })[1]?.is_worked).toBe(true)
  })
})

it('an agent is counted once, as what was done to it, whether it is there, and what it does', () => {
  const agent: FleetAgent = {
    agent_id: 'a',
    name: 'Ada',
    status: 'active',
    stopped: false,
    runtime: 'remote',
    seen_at: null,
    is_present: true,
    live_runs: 0,
    last_ended: null,
  }
  const states = [
    { ...agent, stopped: true, status: 'paused', live_runs: 1 } as const,
    { ...agent, status: 'paused', is_present: false } as const,
    { ...agent, is_present: false, live_runs: 1 },
    { ...agent, live_runs: 1, last_ended: 'failed' },
    { ...agent, last_ended: 'failed' },
    { ...agent, last_ended: 'finished' },
  ]
  expect(states.map(stateOf)).toEqual(['stopped', 'paused', 'offline', 'working', 'error', 'idle'])
  expect(agentsByState(states)).toEqual({ working: 1, idle: 1, offline: 1, paused: 1, stopped: 1, error: 1 })
})
