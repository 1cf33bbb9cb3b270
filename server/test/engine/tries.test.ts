import { resumeGoal } from '@muster/contract/planner/goals/goal.operations'
import { createTask, getTask } from '@muster/contract/planner/tasks/task.operations'
import { putPolicy } from '@muster/contract/projects/operations'
import { describe, expect, it } from 'vitest'
import { testProgram } from '../program.ts'
import { answer, doneEvents, goal, journalOf, question, remoteAgent, task } from './steps.ts'

const { ours, database, work, tick } = await testProgram()
const { clock } = database
const eventsOf = (task_id: string) => journalOf(database, ours, { task_id })
/** How long a task that was sent back stays out of reach. */
const delayOf = async (task_id: string) => {
  const [row] = await database.sql(
    'select round(extract(epoch from q.available_at - s.ready_at) * 1000)::int as ms from planner_task_queue q join planner_task_states s on s.id = q.task_id where s.id = $1',
    [task_id],
  )
  return row?.ms
}
const secret = 'the key is AKIAIOSFODNN7EXAMPLE, and ghp_0123456789abcdefghijABCDEFGHIJ012345'

describe('attempts', () => {
  it('that may be repeated are, after 1 and 2 seconds, until the ceiling fails the task', async () => {
    const agent = await remoteAgent(ours, 'attempt')
    const stated = await goal(ours, [task('only', { capability: 'attempt' })])
    for (const wait_ms of [0, 1000, 2000]) {
      if (wait_ms > 0) {
        expect([await agent.claim(), await delayOf((await stated.task('only')).id)]).toEqual([[], wait_ms])
        await clock.advance(wait_ms)
      }
      const run = await agent.claimOne()
      expect((await agent.fail(run, true)).status).toBe(202)
    }
    const { status, reason, counters, id } = await stated.task('only')
    expect([status, reason, counters.attempts]).toEqual(['failed', 'broken: it broke', 3])
    expect(await eventsOf(id)).toEqual([
      'task.started',
      'task.returned',
      'task.started',
      'task.returned',
      'task.started',
      'task.failed',
    ])
    expect((await stated.view()).status).toBe('failed')
  })

  it('have the ceiling that the task names', async () => {
    const agent = await remoteAgent(ours, 'attempt_once')
    const stated = await goal(ours, [task('only', { capability: 'attempt_once', attempts_max: 1 })])
    await agent.fail(await agent.claimOne(), true)
    expect((await stated.task('only')).status).toBe('failed')
  })

  it('that failed for good fail the task at once and count nowhere', async () => {
    const agent = await remoteAgent(ours, 'attempt_bad')
    const stated = await goal(ours, [task('only', { capability: 'attempt_bad' })])
    await agent.fail(await agent.claimOne(), false)
    const { status, counters } = await stated.task('only')
    expect([status, counters]).toEqual(['failed', { attempts: 0, leases_lost: 0, retries: 0, conflicts: 0 }])
  })
})

describe('a verdict that sends back', () => {
  it('tells the next try what was wrong, and after three asks a person', async () => {
    const agent = await remoteAgent(ours, 'careless')
    const stated = await goal(ours, [task('only', { capability: 'careless' })])
    for (const returned of [0, 1, 2, 3]) {
      const run = await agent.claimOne()
      expect(run.brief.feedback.map(({ from }) => from)).toEqual(Array.from({ length: returned }, () => 'judge'))
      if (returned > 0) expect(run.brief.feedback[0]?.violations[0]?.rule).toBe('secrets')
      await agent.complete(run, { text: secret })
      await clock.advance(10_000)
    }
    const { status, reason, counters } = await stated.task('only')
    expect([status, reason, counters.retries]).toEqual(['awaiting_approval', 'retries_exhausted', 3])
    expect((await question(ours, stated.id)).rule).toBe('retries_exhausted')
  })

  it('asks a person at once where another try cannot differ', async () => {
    const stated = await goal(ours, [task('only', { input: { text: secret } })])
    await work()
    expect((await stated.task('only')).reason).toBe('deterministic')
  })
})

describe('a commit that is refused', () => {
  const moving = async (policy: object, name: string) => {
    const agent = await remoteAgent(ours, name)
    const project = await ours.project({ policy })
    const writes = [{ op: 'set' as const, document: 'shared', path: '', value: { $from: 'output' } }]
    const stated = await goal(ours, [task('only', { capability: name, writes })], { project_id: project.id })
    /** Somebody else writes the document between the claim and the result. */
    const collide = async () => {
      const run = await agent.claimOne()
      await goal(ours, [task('other', { writes })], { project_id: project.id })
      await work()
      expect((await agent.complete(run, { mine: true })).status).toBe(202)
      return run
    }
    return { agent, stated, collide }
  }

  it('is done again with the new versions, and the result is kept with the difference', async () => {
    const { agent, stated, collide } = await moving({}, 'collide_once')
    const run = await collide()
    expect((await stated.task('only')).counters.conflicts).toBe(1)
    const rows = await database.sql('select moved from state_commit_conflicts where run_id = $1', [run.run_id])
    expect(rows[0]?.moved).toMatchObject([{ document: 'shared', version: 0, current: 1 }])
    const kept = await database.sql('select output from worker_runs where id = $1', [run.run_id])
    expect(kept[0]?.output).toEqual({ mine: true })
    const next = await agent.claimOne()
    expect(next.brief.documents).toMatchObject([{ document: 'shared', version: 1 }])
    expect(next.brief.feedback.map(({ from }) => from)).toEqual(['commit'])
    await agent.complete(next, { mine: 2 })
    expect((await stated.view()).status).toBe('done')
    expect(await eventsOf(run.task_id)).toEqual([
      'task.started',
      'task.reported',
      'task.judged',
      'task.conflicted',
      ...doneEvents,
    ])
  })

  it('three times goes to a person, who may have it tried again', async () => {
    const { agent, stated, collide } = await moving({}, 'collide_person')
    for (let count = 0; count < 3; count += 1) await collide()
    const { status, counters } = await stated.task('only')
    expect([status, counters.conflicts]).toEqual(['awaiting_approval', 3])
    const asked = await question(ours, stated.id)
    expect([asked.rule, asked.options]).toEqual(['conflicts', ['retry', 'fail']])
    expect((await answer(ours, asked.id, { action: 'retry' })).status).toBe(200)
    await agent.complete(await agent.claimOne(), { mine: true })
    expect((await stated.view()).status).toBe('done')
  })

  it('three times fails, or needs a new plan, where policy says so', async () => {
    const failing = await moving({ on_conflict: 'fail' }, 'collide_fail')
    for (let count = 0; count < 3; count += 1) await failing.collide()
    expect((await failing.stated.task('only')).status).toBe('failed')
    const replanning = await moving({ on_conflict: 'replan' }, 'collide_replan')
    for (let count = 0; count < 3; count += 1) await replanning.collide()
    const { status, reason, tasks } = await replanning.stated.view()
    expect([status, reason, tasks.get('only')?.status]).toEqual(['paused', 'needs_plan', 'ready'])
    expect(await replanning.agent.claim()).toEqual([])
    await ours.call(resumeGoal, { params: { id: replanning.stated.id as never } })
    await replanning.agent.complete(await replanning.agent.claimOne(), {})
    expect((await replanning.stated.view()).status).toBe('done')
  })

  it('never happens over append and increment, nor over a read that may move', async () => {
    const agent = await remoteAgent(ours, 'adding')
    const project = await ours.project()
    const add = (key: string) =>
      task(key, {
        capability: 'adding',
        reads: [{ document: 'log', may_move: true }],
        writes: [
          { op: 'append', document: 'log', value: { $from: 'output.n' } },
          { op: 'increment', document: 'sum', by: 2 },
        ],
      })
    const stated = await goal(ours, ['a', 'b', 'c'].map(add), { project_id: project.id })
    const runs = await agent.claim()
    for (const [n, run] of runs.entries()) await agent.complete(run, { n })
    expect((await stated.view()).status).toBe('done')
    const rows = await database.sql(
      'select d.document, v.value, v.version from state_documents d join state_document_versions v using (scope_id, document, version) where scope_id = $1 order by 1',
      [project.id],
    )
    expect(rows).toEqual([
      { document: 'log', value: [0, 1, 2], version: 3 },
      { document: 'sum', value: 6, version: 3 },
    ])
  })

  it('fails the task where its operations do not fit what stands there', async () => {
    const stated = await goal(ours, [
      task('text', { writes: [{ op: 'create', document: 'd', path: '', value: 'text' }] }),
      task('adds', { depends_on: ['text'], writes: [{ op: 'increment', document: 'd' }] }),
    ])
    await work()
    const { status, reason } = await stated.task('adds')
    expect([status, reason]).toEqual(['failed', 'invalid_operation: the value at the path is not a number'])
  })
})

describe('a lease', () => {
  it('that nobody keeps is swept after 30 seconds, and three of them fail the task', async () => {
    const agent = await remoteAgent(ours, 'silent')
    const stated = await goal(ours, [task('only', { capability: 'silent' })])
    for (const lost of [1, 2, 3]) {
      const run = await agent.claimOne()
      await clock.advance(20_000)
      await tick()
      expect((await stated.task('only')).status).toBe('running')
      await clock.advance(11_000)
      await tick()
      expect((await stated.task('only')).counters.leases_lost).toBe(lost)
      expect((await agent.complete(run, {})).error?.code).toBe('lease_lost')
      expect(await agent.beat(run)).toEqual(['lease_lost'])
    }
    const { status, reason, id } = await stated.task('only')
    expect([status, reason]).toEqual(['failed', 'worker_lost'])
    expect((await eventsOf(id)).filter((type) => type === 'task.lease_lost')).toHaveLength(3)
  })

  it('that is kept lives on, and one that is given back counts nowhere', async () => {
    const agent = await remoteAgent(ours, 'faithful')
    const stated = await goal(ours, [task('only', { capability: 'faithful' })])
    const run = await agent.claimOne()
    for (let count = 0; count < 4; count += 1) {
      await clock.advance(20_000)
      expect(await agent.beat(run)).toEqual(['ok'])
      await tick()
    }
    expect((await agent.release(run)).status).toBe(202)
    const { status, counters } = await stated.task('only')
    expect([status, counters]).toEqual(['ready', { attempts: 0, leases_lost: 0, retries: 0, conflicts: 0 }])
    const again = await agent.claimOne()
    expect(again.token).toBe(run.token + 1)
    await agent.complete(again, {})
    expect((await stated.view()).status).toBe('done')
  })

  it('ends with its deadline, however well it is kept', async () => {
    const agent = await remoteAgent(ours, 'endless')
    const stated = await goal(ours, [task('only', { capability: 'endless', timeout_ms: 15_000 })])
    const run = await agent.claimOne()
    await clock.advance(10_000)
    expect(await agent.beat(run)).toEqual(['ok'])
    await clock.advance(6500)
    await tick()
    const { status, reason, counters } = await stated.task('only')
    expect([status, reason, counters.attempts]).toEqual(['ready', expect.stringContaining('timeout'), 1])
    expect((await agent.complete(run, {})).error?.code).toBe('lease_lost')
  })
})

describe('a task without a goal', () => {
  it('is done by itself, and sent back like any other', async () => {
    const project = await ours.project()
    const { id } = await ours.call(createTask, {
      body: { project_id: project.id, capability: 'noop', input: { n: 1 } } as never,
    })
    await work()
    const found = await ours.call(getTask, { params: { id: id as never } })
    expect([found.status, found.committed?.documents[0]?.document]).toEqual(['done', `tasks/${id}`])
    expect(await eventsOf(id)).toEqual(['task.ready', ...doneEvents])
    await ours.call(putPolicy, { params: { id: project.id as never }, body: { on_conflict: 'fail' } })
  })
})
