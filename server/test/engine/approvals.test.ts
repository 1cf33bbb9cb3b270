import { liftAgentStop, stopAgent } from '@muster/contract/agents/operations'
import { revokeApproval } from '@muster/contract/approvals/operations'
import { commitVerdict, validateResult } from '@muster/contract/judge/operations'
import { retryTask, skipTask } from '@muster/contract/planner/tasks/task.operations'
import { putPolicy } from '@muster/contract/projects/operations'
import { claimRuns, completeRun } from '@muster/contract/worker/operations'
import { describe, expect, it } from 'vitest'
import { testProgram } from '../program.ts'
import { answer, doneEvents, goal, journalOf, question, questions, remoteAgent, task } from './steps.ts'

const { ours, theirs, database, work, tick } = await testProgram()
const { clock } = database
const eventsOf = (task_id: string) => journalOf(database, ours, { task_id })
const secret = 'ghp_0123456789abcdefghijABCDEFGHIJ012345'

describe('a task approved before its run', () => {
  it('is asked about when its turn comes, and runs once approved', async () => {
    const stated = await goal(ours, [task('first'), task('asked', { approval: 'before', depends_on: ['first'] })])
    expect(await questions(ours, stated.id)).toEqual([])
    await work()
    expect(await stated.statuses()).toEqual({ first: 'done', asked: 'awaiting_approval' })
    const { id, rule, subject_kind } = await question(ours, stated.id)
    expect([rule, subject_kind]).toEqual(['approval_before', 'task'])
    expect((await answer(theirs, id, { action: 'approve' })).error?.code).toBe('not_found')
    expect((await answer(ours, id, { action: 'approve' })).status).toBe(200)
    expect(await work()).toBe(1)
    const asked = await stated.task('asked')
    expect(asked.status).toBe('done')
    expect(await eventsOf(asked.id)).toEqual([
      'task.waiting',
      'approval.opened',
      'approval.answered',
      'approval.applied',
      'task.ready',
      ...doneEvents,
    ])
  })

  it('is rejected by a person or by time, which never approves', async () => {
    const rejected = await goal(ours, [task('asked', { approval: 'before' }), task('after', { depends_on: ['asked'] })])
    expect(
      (await answer(ours, (await question(ours, rejected.id)).id, { action: 'reject', comment: 'no' })).status,
    ).toBe(200)
    expect(await rejected.statuses()).toEqual({ asked: 'rejected', after: 'failed' })
    const expired = await goal(ours, [task('asked', { approval: 'before' })])
    await clock.advance(24 * 3_600_000 + 1000)
    await tick()
    const { status, tasks } = await expired.view()
    expect([status, tasks.get('asked')?.status, tasks.get('asked')?.reason]).toEqual([
      'failed',
      'rejected',
      'approval expired',
    ])
    expect(await questions(ours, expired.id, 'expired')).toHaveLength(1)
  })

  it('that is a for_each is asked about once, for all of its children', async () => {
    const stated = await goal(ours, [
      task('list', { input: { items: [1, 2] } }),
      task('each', { approval: 'before', for_each: { $from: 'list.output.items' } }),
    ])
    await work()
    await answer(ours, (await question(ours, stated.id)).id, { action: 'approve' })
    expect(await work()).toBe(2)
    expect((await stated.view()).status).toBe('done')
  })

  it('is asked about by policy too, and again when it is retried', async () => {
    const project = await ours.project({ policy: { approve_before: ['noop'] } })
    const stated = await goal(ours, [task('asked', { input: { pad_bytes: -1 } })], { project_id: project.id })
    await answer(ours, (await question(ours, stated.id)).id, { action: 'approve' })
    await work()
    const { id, status } = await stated.task('asked')
    expect(status).toBe('failed')
    await ours.call(retryTask, { params: { id: id as never } })
    expect([(await stated.task('asked')).status, await work()]).toEqual(['awaiting_approval', 0])
  })
})

describe('a result that waits for a person', () => {
  const waiting = (fields: Parameters<typeof task>[1] = {}, policy?: object) =>
    stateOne({ approval: 'after', input: { text: 'fine' }, ...fields }, policy)
  async function stateOne(fields: Parameters<typeof task>[1], policy?: object) {
    const project = await ours.project(policy ? { policy } : {})
    const stated = await goal(ours, [task('only', fields), task('next', { depends_on: ['only'] })], {
      project_id: project.id,
    })
    await work()
    return stated
  }

  it('commits when it is approved, and not before', async () => {
    const stated = await waiting()
    const rows = () => database.sql('select count(*)::int as n from state_commits where goal_id = $1', [stated.id])
    expect([await stated.statuses(), await rows()]).toEqual([
      { only: 'awaiting_approval', next: 'pending' },
      [{ n: 0 }],
    ])
    const answered = await answer(ours, (await question(ours, stated.id)).id, { action: 'approve' })
    expect(answered.data).toMatchObject({ status: 'applied', applied: { state_version: 1 } })
    await work()
    const { status, tasks } = await stated.view()
    expect([status, await rows()]).toEqual(['done', [{ n: 2 }]])
    expect(await eventsOf(tasks.get('only')?.id ?? '')).toEqual([
      'task.started',
      'task.reported',
      'task.judged',
      'task.waiting',
      'approval.opened',
      'approval.answered',
      'approval.applied',
      'state.committed',
      'task.done',
    ])
  })

  it('ends rejected, with a comment', async () => {
    const stated = await waiting()
    const { id } = await question(ours, stated.id)
    expect((await answer(ours, id, { action: 'reject' })).error?.code).toBe('invalid')
    await answer(ours, id, { action: 'reject', comment: 'not this' })
    expect(await stated.statuses()).toEqual({ only: 'rejected', next: 'failed' })
    expect((await answer(ours, id, { action: 'approve' })).error?.code).toBe('approval_decided')
  })

  it('is amended with content, which commits as it was amended', async () => {
    const stated = await waiting()
    await answer(ours, (await question(ours, stated.id)).id, { action: 'amend', content: { text: 'better' } })
    await work()
    expect((await stated.task('only')).output).toEqual({ text: 'better' })
    expect((await stated.view()).status).toBe('done')
    expect(await eventsOf((await stated.task('only')).id)).toContain('task.judged')
  })

  it('that an amendment spoils goes back to who amended it, and is approved by another', async () => {
    const stated = await waiting()
    const reviewer = await ours.colleague('reviewer')
    await answer(reviewer, (await question(ours, stated.id)).id, { action: 'amend', content: { text: secret } })
    const asked = await question(ours, stated.id)
    expect([asked.rule, (await stated.statuses()).only]).toEqual(['amendment_fails', 'awaiting_approval'])
    expect((await answer(reviewer, asked.id, { action: 'approve' })).error?.code).toBe('own_work')
    expect((await answer(ours, asked.id, { action: 'approve' })).status).toBe(200)
    expect((await stated.task('only')).output).toEqual({ text: secret })
  })

  it('is sent back by a comment alone, and the next try is told', async () => {
    const agent = await remoteAgent(ours, 'corrected')
    const stated = await goal(ours, [task('only', { capability: 'corrected', approval: 'always' })])
    const first = await agent.claimOne()
    await agent.complete(first, { n: 1 })
    await answer(ours, (await question(ours, stated.id)).id, { action: 'amend', comment: 'one more, please' })
    const { counters, status, id } = await stated.task('only')
    expect([status, counters.retries]).toEqual(['ready', 1])
    const run = await agent.claimOne()
    expect(run.brief.feedback).toMatchObject([{ from: 'person', text: 'one more, please' }])
    await agent.complete(run, { n: 2 })
    await answer(ours, (await question(ours, stated.id)).id, { action: 'approve' })
    expect((await stated.task('only')).output).toEqual({ n: 2 })
    expect((await eventsOf(id)).filter((type) => type === 'task.returned')).toHaveLength(1)
  })

  it('is not decided by who made it, nor, with four eyes, by who wanted it', async () => {
    const agent = await remoteAgent(ours, 'own_work')
    const person = await ours.colleague('worker and reviewer')
    const project = await ours.project({ policy: { four_eyes: true } })
    const stated = await goal(ours, [task('only', { capability: 'own_work', approval: 'after' })], {
      project_id: project.id,
    })
    const [run] = (await person.call(claimRuns, { body: { agent_id: agent.agent_id, max: 1, wait_ms: 0 } })).runs
    await person.call(completeRun, { body: { run_id: run?.run_id, token: run?.token, output: {} } as never })
    const { id } = await question(ours, stated.id)
    expect((await answer(person, id, { action: 'approve' })).error?.code).toBe('own_work')
    expect((await answer(ours, id, { action: 'approve' })).error?.code).toBe('own_work')
    expect((await answer(await ours.colleague('another'), id, { action: 'approve' })).status).toBe(200)
  })

  it('whose reads have moved is run again, and one whose policy has moved is judged and asked about again', async () => {
    const writes = [{ op: 'set' as const, document: 'd', path: '', value: { $from: 'output' } }]
    const moved = await waiting({ writes })
    const asked = await question(ours, moved.id)
    await goal(ours, [task('other', { writes })], { project_id: moved.project_id })
    await work()
    expect((await answer(ours, asked.id, { action: 'approve' })).error?.code).toBe('approval_stale')
    expect([(await moved.statuses()).only, (await questions(ours, moved.id, 'withdrawn')).length]).toEqual(['ready', 1])
    await work()
    expect((await question(ours, moved.id)).id).not.toBe(asked.id)
    const policy = await waiting()
    const before = await question(ours, policy.id)
    await ours.call(putPolicy, { params: { id: policy.project_id as never }, body: { commit_above: 0.5 } })
    expect((await answer(ours, before.id, { action: 'approve' })).error?.code).toBe('approval_stale')
    const again = await question(ours, policy.id)
    expect([again.policy_version, (await policy.statuses()).only]).toEqual([2, 'awaiting_approval'])
    expect((await answer(ours, again.id, { action: 'approve' })).status).toBe(200)
    await work()
    expect((await policy.view()).status).toBe('done')
  })

  it('needs as many people as policy says, and an answer may be taken back until it takes effect', async () => {
    const stated = await waiting({}, { quorum: 2 })
    const { id } = await question(ours, stated.id)
    expect((await answer(ours, id, { action: 'approve' })).data).toMatchObject({ status: 'open', answers_missing: 1 })
    const second = await ours.colleague('second')
    const decided = await answer(second, id, { action: 'approve', revocable_ms: 30_000 })
    expect([decided.status, decided.data]).toEqual([202, expect.objectContaining({ status: 'decided' })])
    expect((await stated.statuses()).only).toBe('awaiting_approval')
    await second.call(revokeApproval, { params: { id: id as never } })
    await answer(second, id, { action: 'approve', revocable_ms: 30_000 })
    await clock.advance(31_000)
    await tick()
    expect((await stated.statuses()).only).toBe('done')
  })

  it('of an agent that was stopped is not committed until the stop is lifted', async () => {
    const agent = await remoteAgent(ours, 'halted')
    const stated = await goal(ours, [task('only', { capability: 'halted', approval: 'after' })])
    await agent.complete(await agent.claimOne(), {})
    const { id } = await question(ours, stated.id)
    await ours.call(stopAgent, { params: { id: agent.agent_id as never }, body: {} })
    expect((await answer(ours, id, { action: 'approve' })).error?.code).toBe('stopped')
    await clock.advance(25 * 3_600_000)
    await tick()
    expect((await stated.statuses()).only).toBe('awaiting_approval')
    await ours.call(liftAgentStop, { params: { id: agent.agent_id as never } })
    await tick()
    expect((await stated.statuses()).only).toBe('rejected')
  })
})

describe('a plan that policy puts to a person', () => {
  const plan = async () => {
    const project = await ours.project({ policy: { plan_approval: true } })
    return goal(ours, [task('only')], { project_id: project.id })
  }

  it('starts when it is approved and is cancelled when it is not', async () => {
    const approved = await plan()
    await work()
    expect([(await approved.view()).status, await approved.statuses()]).toEqual([
      'awaiting_approval',
      { only: 'ready' },
    ])
    await answer(ours, (await question(ours, approved.id)).id, { action: 'approve' })
    await work()
    expect((await approved.view()).status).toBe('done')
    const rejected = await plan()
    await answer(ours, (await question(ours, rejected.id)).id, { action: 'reject', comment: 'no' })
    expect([(await rejected.view()).status, await rejected.statuses()]).toEqual(['cancelled', { only: 'cancelled' }])
    const emptied = await plan()
    await ours.call(skipTask, { params: { id: (await emptied.task('only')).id as never } })
    expect([(await emptied.view()).status, await questions(ours, emptied.id)]).toEqual(['done', []])
    const expired = await plan()
    await clock.advance(25 * 3_600_000)
    await tick()
    expect((await expired.view()).status).toBe('cancelled')
  })
})

describe('a verdict that policy leaves to callers', () => {
  it('commits by hand, and not by who made the result', async () => {
    const agent = await remoteAgent(ours, 'by_hand')
    const project = await ours.project({ policy: { commit: 'manual' } })
    const stated = await goal(ours, [task('only', { capability: 'by_hand' })], { project_id: project.id })
    const run = await agent.claimOne()
    await agent.complete(run, { n: 1 })
    expect((await stated.statuses()).only).toBe('in_review')
    const verdict = await ours.call(validateResult, { body: { run_id: run.run_id } as never })
    await ours.call(putPolicy, { params: { id: project.id as never }, body: { commit: 'manual', commit_above: 0.8 } })
    expect((await ours.send(commitVerdict, { body: { verdict_id: verdict.id as never } })).error?.code).toBe(
      'approval_stale',
    )
    const again = await ours.call(validateResult, { body: { run_id: run.run_id } as never })
    expect(again.id).not.toBe(verdict.id)
    const committed = await ours.call(commitVerdict, { body: { verdict_id: again.id as never } })
    expect([committed.committed, (await stated.view()).status]).toEqual([true, 'done'])
  })
})
