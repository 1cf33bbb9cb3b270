import { expect, it } from 'vitest'
import { check, type RuleName, ruleNames } from './checker.rules.ts'
import type { Call, Evidence, SeenEvent } from './evidence.types.ts'

const start = Date.parse('2026-01-01T00:00:00Z')
const at = (second: number): string => new Date(start + second * 1000).toISOString()

const goal = { title: 'a', round: 1, appends: ['far'], increments: ['one'], sets: { 'set/a': 'last' } }

function call(operation: string, rest: Partial<Call> = {}): Call {
  const none = { status: 200, code: undefined, data: undefined, about: {} }
  return { operation, key: operation, outcome: 'ok', began_at: start, ended_at: start + 10, ...none, ...rest }
}

const claim = (token: number, second: number) =>
  call('POST /api/v1/worker/claim', {
    data: { runs: [{ run_id: `run${token}`, task_id: 'far', token }] },
    began_at: start + second * 1000,
    ended_at: start + second * 1000 + 10,
  })
const complete = (token: number, second: number) =>
  call('POST /api/v1/worker/complete', {
    about: { run_id: `run${token}`, task_id: 'far', token },
    began_at: start + second * 1000,
    ended_at: start + second * 1000 + 10,
  })

const calls: readonly Call[] = [
  call('POST /api/v1/goals', { about: { goal }, data: { id: 'goal' } }),
  call('POST /api/v1/artifacts', { about: { content: 'text' }, data: { items: [{ id: 'file' }] } }),
  claim(1, 1),
  complete(1, 2),
  call('POST /api/v1/hitl/{id}/respond', { about: { action: 'approve', task_id: 'one' } }),
]

const event = (number: number, type: string, rest: Partial<SeenEvent> = {}): SeenEvent => ({
  number,
  type,
  at: at(number),
  actor: { kind: 'agent', id: 'builtin' },
  ...rest,
})

const whole: Evidence = {
  calls,
  faults: [{ kind: 'kill', process: 0, at: start + 60_000, until: start + 60_000 }],
  goals: [{ id: 'goal', title: 'a', status: 'done' }],
  tasks: ['far', 'one'].map((id) => ({ id, key: id, goal_id: 'goal', status: 'done', counters: { leases_lost: 0 } })),
  documents: new Map<string, unknown>([
    ['round1', ['a.far']],
    ['count1', 1],
    ['set/a', 'last'],
  ]),
  events: [
    event(1, 'task.started', { run_id: 'run1', task_id: 'far' }),
    event(2, 'task.reported', { run_id: 'run1', task_id: 'far' }),
    event(3, 'state.committed', { run_id: 'run1', task_id: 'far' }),
  ],
  journal: { valid: true, unsealed: 0, problems: [] },
  books: { valid: true, problems: [], attempts: { live: 0 }, held: { rows: 0 }, reservations: { rows: 0 } },
  held: [{ id: 'limit', cost_micro_usd: 0, tokens: 0, live_runs: 0 }],
  open_approvals: [],
  uploads: new Map([['file', 'text']]),
  agent_id: 'far-agent',
}

it('finds nothing where everything held', () => {
  expect(check(whole)).toEqual([])
})

/** For each rule, histories in which it did not hold. */
const violations: Readonly<Record<RuleName, readonly Partial<Evidence>[]>> = {
  acknowledged_goals_are_there: [{ goals: [] }],
  goals_are_stated_once: [{ goals: [...whole.goals, { id: 'other', title: 'a', status: 'done' }] }],
  appends_are_there_once: [
    { documents: new Map([...whole.documents, ['round1', ['a.far', 'a.far']]]) },
    { documents: new Map([...whole.documents, ['round1', []]]) },
    { documents: new Map([...whole.documents, ['round1', ['a.far', 'a.never']]]) },
  ],
  increments_are_counted_once: [{ documents: new Map([...whole.documents, ['count1', 2]]) }],
  sets_have_the_last_value: [{ documents: new Map([...whole.documents, ['set/a', 'first']]) }],
  results_are_committed_once: [{ events: [...whole.events, event(4, 'state.committed', { task_id: 'far' })] }],
  acknowledged_results_count: [
    { events: whole.events.map((one) => ({ ...one, run_id: 'another' })) },
    { events: [...whole.events, event(4, 'task.lease_lost', { run_id: 'run1', task_id: 'far' })] },
  ],
  old_tokens_write_nothing: [{ calls: [...calls, claim(2, 3), complete(1, 4)] }],
  answers_are_applied: [
    { tasks: whole.tasks.map((task) => (task.id === 'one' ? { ...task, status: 'rejected' } : task)) },
  ],
  cancelled_goals_stay_cancelled: [
    { calls: [...calls, call('POST /api/v1/goals/{id}/cancel', { about: { goal_id: 'goal', action: 'cancel' } })] },
  ],
  uploads_are_kept: [{ uploads: new Map([['file', undefined]]) }, { uploads: new Map([['file', 'tex']]) }],
  everything_ends: [
    { goals: [{ id: 'goal', title: 'a', status: 'running' }] },
    { tasks: whole.tasks.map((task) => ({ ...task, status: 'running' })) },
    { open_approvals: ['approval'] },
  ],
  only_lost_workers_fail_goals: [{ goals: [{ id: 'goal', title: 'a', status: 'failed' }] }],
  leases_are_lost_by_faults_only: [
    { events: [...whole.events, event(4, 'task.lease_lost', { run_id: 'run1', task_id: 'far' })] },
  ],
  nothing_stays_held: [
    { books: { ...whole.books, valid: false } },
    { books: { ...whole.books, reservations: { rows: 1 } } },
    { held: [{ id: 'limit', cost_micro_usd: 0, tokens: 20, live_runs: 0 }] },
  ],
  journal_is_whole: [
    { journal: { ...whole.journal, valid: false } },
    { journal: { ...whole.journal, unsealed: 1 } },
    { events: whole.events.slice(1) },
  ],
}

it.each(ruleNames.flatMap((rule) => violations[rule].map((changed, index) => ({ rule, index, changed }))))(
  'tells of $rule, case $index',
  ({ rule, changed }) => {
    expect(check({ ...whole, ...changed }).map((finding) => finding.rule)).toContain(rule)
  },
)

it('takes a lease for lost by a fault where a process was killed between its start and its loss', () => {
  const faults = [{ kind: 'kill', process: 0, at: start + 2_000, until: start + 2_000 }] as const
  const events = [...whole.events, event(4, 'task.lease_lost', { run_id: 'run1', task_id: 'far' })]
  expect(check({ ...whole, faults, events }).map(({ rule }) => rule)).toEqual(['acknowledged_results_count'])
})

it('takes a result sent again under a token that was the newest when it was sent first', () => {
  expect(check({ ...whole, calls: [...calls, complete(1, 3)] })).toEqual([])
})
