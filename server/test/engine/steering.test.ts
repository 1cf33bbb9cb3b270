import { liftAgentStop, pauseAgent, resumeAgent, stopAgent } from '@muster/contract/agents/operations'
import { cancelGoal, changeGoal, pauseGoal, resumeGoal } from '@muster/contract/planner/goals/goal.operations'
import { cancelTask, skipTask } from '@muster/contract/planner/tasks/task.operations'
import {
  liftOrganizationStop,
  liftProjectStop,
  pauseProject,
  resumeProject,
  stopOrganization,
  stopProject,
} from '@muster/contract/projects/operations'
import { describe, expect, it } from 'vitest'
import { testProgram } from '../program.ts'
import { answer, goal, journalOf, question, questions, remoteAgent, type StatedGoal, task } from './steps.ts'

const { ours, theirs, program, database, local, twoMore, work, tick } = await testProgram()
const [staffed] = local.runtimes
if (!staffed) throw new Error('there is no built-in runtime')
const builtin = staffed.runtime
const eventsOf = (task_id: string) => journalOf(database, ours, { task_id })
const byId = (id: string) => ({ params: { id: id as never } })
const liveRuns = async (stated: StatedGoal) =>
  (await database.sql('select count(*)::int as n from worker_live_runs where goal_id = $1', [stated.id]))[0]?.n
const queued = async (stated: StatedGoal) =>
  (await database.sql('select count(*)::int as n from planner_task_queue where goal_id = $1', [stated.id]))[0]?.n

/** A run of a local sleeper that only ends when somebody ends it. */
async function sleeping(api = ours) {
  const stated = await goal(api, [
    task('sleeper', { capability: 'sleep', input: { ms: 3_600_000 } }),
    task('after', { depends_on: ['sleeper'] }),
  ])
  const [assignment, ...others] = await program.worker.claim({
    claimer: { runtime: 'builtin' },
    max: 1,
    claimed_by: { kind: 'system', id: 'muster' },
    process_id: local.process_id,
  })
  if (assignment?.run.goal_id !== stated.id || others.length > 0) throw new Error('something else was claimed')
  const ended = local.runs.start(assignment, builtin)
  return { stated, ended: async () => (await ended).written }
}

describe('pausing a goal', () => {
  it('claims nothing new, lets what runs commit, and goes on where it was', async () => {
    const agent = await remoteAgent(ours, 'paused')
    const stated = await goal(ours, [
      task('running', { capability: 'paused' }),
      task('ready'),
      task('after', { depends_on: ['running'] }),
    ])
    const run = await agent.claimOne()
    await ours.call(pauseGoal, { ...byId(stated.id), body: { reason: 'lunch' } })
    expect([await work(), await queued(stated)]).toEqual([0, 0])
    expect((await agent.complete(run, {})).status).toBe(202)
    expect(await stated.statuses()).toEqual({ running: 'done', ready: 'ready', after: 'ready' })
    expect([await work(), await queued(stated)]).toEqual([0, 0])
    await ours.call(pauseGoal, byId(stated.id))
    await ours.call(resumeGoal, byId(stated.id))
    expect(await work()).toBe(2)
    expect((await stated.view()).status).toBe('done')
    const own = await journalOf(database, ours, { goal_id: stated.id })
    expect(own.slice(3)).toEqual(['goal.paused', 'goal.resumed', 'goal.done'])
  })

  it('is done when what ran was the last of it', async () => {
    const agent = await remoteAgent(ours, 'last')
    const stated = await goal(ours, [task('only', { capability: 'last' })])
    const run = await agent.claimOne()
    await ours.call(pauseGoal, byId(stated.id))
    await agent.complete(run, {})
    expect((await stated.view()).status).toBe('done')
    expect((await ours.send(resumeGoal, byId(stated.id))).error?.code).toBe('ended')
  })

  it('expands a for_each without running its children', async () => {
    const stated = await goal(ours, [
      task('list', { input: { items: [1, 2] } }),
      task('each', { for_each: { $from: 'list.output.items' } }),
    ])
    const agent = await remoteAgent(ours, 'unused')
    expect(await agent.claim()).toEqual([])
    const [assignment] = await program.worker.claim({
      claimer: { runtime: 'builtin' },
      max: 1,
      claimed_by: { kind: 'system', id: 'muster' },
      process_id: null,
    })
    await ours.call(pauseGoal, byId(stated.id))
    if (assignment) await (await local.runs.start(assignment, builtin)).written
    expect([(await stated.statuses())['each[0]'], await queued(stated), await work()]).toEqual(['ready', 0, 0])
    await ours.call(resumeGoal, byId(stated.id))
    await work()
    expect((await stated.view()).status).toBe('done')
  })
})

describe('cancelling', () => {
  it('a goal ends everything of it, running code too', async () => {
    const { stated, ended } = await sleeping()
    await ours.call(cancelGoal, { ...byId(stated.id), body: { reason: 'enough' } })
    await ended()
    const { status, tasks } = await stated.view()
    expect([status, await stated.statuses(), await liveRuns(stated)]).toEqual([
      'cancelled',
      { sleeper: 'cancelled', after: 'cancelled' },
      0,
    ])
    const runs = await database.sql('select status from worker_runs where goal_id = $1', [stated.id])
    expect(runs).toEqual([{ status: 'cancelled' }])
    expect(await eventsOf(tasks.get('sleeper')?.id ?? '')).toEqual(['task.started', 'task.cancelled'])
    expect(await eventsOf(tasks.get('after')?.id ?? '')).toEqual(['task.cancelled'])
    expect((await journalOf(database, ours, { goal_id: stated.id })).at(-1)).toBe('goal.cancelled')
  })

  it('a goal leaves no task behind, whatever its edges would have done', async () => {
    const agent = await remoteAgent(ours, 'edges')
    const policies = ['fail', 'skip', 'continue', 'replan', 'ask'] as const
    const stated = await goal(ours, [
      task('top', { capability: 'edges' }),
      task('asked', { approval: 'before' }),
      ...policies.map((on_failure) => task(on_failure, { depends_on: [{ key: 'top', on_failure }] })),
      task('end', { depends_on: [...policies] }),
    ])
    const run = await agent.claimOne()
    await ours.call(cancelGoal, byId(stated.id))
    const statuses = Object.values(await stated.statuses())
    expect([new Set(statuses), statuses.length, (await stated.view()).status]).toEqual([
      new Set(['cancelled']),
      8,
      'cancelled',
    ])
    expect([await questions(ours, stated.id), await queued(stated)]).toEqual([[], 0])
    expect(await agent.beat(run)).toEqual(['cancelled'])
    expect((await agent.complete(run, {})).error?.code).toBe('lease_lost')
    const events = (await database.events(ours.organization_id)).filter(
      ({ goal_id, task_id }) => goal_id === stated.id && task_id !== undefined,
    )
    expect(events.filter(({ type }) => type === 'task.cancelled')).toHaveLength(8)
    expect(events.map(({ type }) => type)).not.toContain('task.failed')
  })

  it('a task ends it and, by its edges, what hangs on it', async () => {
    const { stated, ended } = await sleeping()
    const { id } = await stated.task('sleeper')
    await ours.call(cancelTask, byId(id))
    await ended()
    const { status, counts } = await stated.view()
    expect([status, counts.cancelled, counts.failed, await liveRuns(stated)]).toEqual(['failed', 1, 1, 0])
    expect((await ours.send(cancelTask, byId(id))).status).toBe(200)
    expect((await ours.send(skipTask, byId(id))).error?.code).toBe('ended')
    expect((await theirs.send(cancelTask, byId(id))).error?.code).toBe('not_found')
  })

  it('or skipping a for_each ends its children with it', async () => {
    const agent = await remoteAgent(ours, 'child')
    const stated = await goal(ours, [
      task('list', { input: { items: [1, 2, 3] } }),
      task('each', { capability: 'child', for_each: { $from: 'list.output.items' } }),
      task('after', { depends_on: ['each'] }),
    ])
    await work()
    const [first, second] = await agent.claim(2)
    if (first) await agent.complete(first, {})
    await ours.call(skipTask, byId((await stated.task('each')).id))
    expect(await stated.statuses()).toEqual({
      list: 'done',
      each: 'skipped',
      'each[0]': 'done',
      'each[1]': 'skipped',
      'each[2]': 'skipped',
      after: 'skipped',
    })
    expect(second && (await agent.beat(second))).toEqual(['cancelled'])
    expect([(await stated.view()).status, await queued(stated), await agent.claim()]).toEqual(['done', 0, []])
  })

  it('a task that waits for a person takes its question back', async () => {
    const stated = await goal(ours, [task('asked', { approval: 'before' }), task('after', { depends_on: ['asked'] })])
    const { id } = await question(ours, stated.id)
    await ours.call(skipTask, byId((await stated.task('asked')).id))
    expect([await stated.statuses(), await questions(ours, stated.id)]).toEqual([
      { asked: 'skipped', after: 'skipped' },
      [],
    ])
    expect((await answer(ours, id, { action: 'approve' })).error?.code).toBe('approval_decided')
    expect((await stated.view()).status).toBe('done')
  })
})

describe('an emergency stop', () => {
  const scopes = {
    project: (api: typeof ours, stated: StatedGoal) => ({
      raise: () => api.call(stopProject, { ...byId(stated.project_id), body: { reason: 'now' } }),
      lift: () => api.call(liftProjectStop, byId(stated.project_id)),
    }),
    organization: (api: typeof ours) => ({
      raise: () => api.call(stopOrganization, { ...byId(api.organization_id), body: { reason: 'now' } }),
      lift: () => api.call(liftOrganizationStop, byId(api.organization_id)),
    }),
    agent: (api: typeof ours) => ({
      raise: () => api.call(stopAgent, { ...byId('builtin'), body: { reason: 'now' } }),
      lift: () => api.call(liftAgentStop, byId('builtin')),
    }),
  }

  for (const [scope, stopOf] of Object.entries(scopes))
    it(`over the ${scope} gives leases back, claims and answers nothing, and goes on when it is lifted`, async () => {
      const { ours: api, theirs: neighbour } = await twoMore()
      const asked = await goal(api, [task('asked', { approval: 'after' })])
      await work()
      const { stated, ended } = await sleeping(api)
      const { raise, lift } = stopOf(api, stated)
      await raise()
      await tick()
      await ended()
      const { status, counters } = await stated.task('sleeper')
      expect([status, counters, await liveRuns(stated)]).toEqual([
        'ready',
        { attempts: 0, leases_lost: 0, retries: 0, conflicts: 0 },
        0,
      ])
      const runs = await database.sql('select status from worker_runs where goal_id = $1', [stated.id])
      expect(runs).toEqual([{ status: 'given_back' }])
      const other = await goal(neighbour, [task('only')])
      await work()
      expect([(await other.view()).status, (await stated.task('sleeper')).status]).toEqual(['done', 'ready'])
      const answered = await answer(api, (await question(api, asked.id)).id, { action: 'approve' })
      if (scope !== 'project') expect(answered.error?.code).toBe('stopped')
      await lift()
      const again = await program.worker.claim({
        claimer: { runtime: 'builtin' },
        max: 1,
        claimed_by: { kind: 'system', id: 'muster' },
        process_id: null,
      })
      expect(again.map(({ run }) => run.goal_id)).toEqual([stated.id])
      await api.call(cancelGoal, byId(stated.id))
    })

  it('takes no result of a run under way, which is done again afterwards', async () => {
    const agent = await remoteAgent(ours, 'stopped')
    const stated = await goal(ours, [task('only', { capability: 'stopped' })])
    const run = await agent.claimOne()
    await ours.call(stopProject, { ...byId(stated.project_id), body: {} })
    expect((await agent.complete(run, {})).error?.code).toBe('stopped')
    await tick()
    expect(await agent.beat(run)).toEqual(['stopped'])
    expect(await agent.claim()).toEqual([])
    await ours.call(liftProjectStop, byId(stated.project_id))
    await agent.complete(await agent.claimOne(), {})
    expect((await stated.view()).status).toBe('done')
  })
})

describe('pausing a project or an agent', () => {
  it('claims nothing new and lets what runs commit', async () => {
    const agent = await remoteAgent(ours, 'pausing')
    const stated = await goal(ours, [task('one', { capability: 'pausing' }), task('two', { capability: 'pausing' })])
    const [run] = await agent.claim(1)
    await ours.call(pauseProject, byId(stated.project_id))
    expect(await agent.claim()).toEqual([])
    if (run) await agent.complete(run, {})
    await ours.call(resumeProject, byId(stated.project_id))
    await ours.call(pauseAgent, byId(agent.agent_id))
    expect(await agent.claim()).toEqual([])
    await ours.call(resumeAgent, byId(agent.agent_id))
    await agent.complete(await agent.claimOne(), {})
    expect((await stated.view()).status).toBe('done')
  })
})

describe('a change of a goal', () => {
  it('of its priority puts its ready tasks before those of others', async () => {
    const agent = await remoteAgent(ours, 'sorted')
    const first = await goal(ours, [task('a', { capability: 'sorted' })])
    const second = await goal(ours, [task('b', { capability: 'sorted' })])
    await ours.call(changeGoal, { ...byId(second.id), body: { priority: 'urgent' } })
    const runs = [...(await agent.claim(1)), ...(await agent.claim(1))]
    expect(runs.map(({ brief }) => brief.goal_id)).toEqual([second.id, first.id])
    for (const run of runs) await agent.complete(run, {})
  })
})
