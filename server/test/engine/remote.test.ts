import { createGoal } from '@muster/contract/planner/goals/goal.operations'
import {
  claimRuns,
  completeRun,
  failRun,
  getRun,
  getWorkerTaskStatus,
  heartbeat,
  releaseRun,
} from '@muster/contract/worker/operations'
import { describe, expect, it } from 'vitest'
import { resultJudges } from '../../src/modules/worker/worker.extensions.ts'
import { extend } from '../../src/platform/module/extension-point.ts'
import { testProgram } from '../program.ts'
import { goal, journalOf, remoteAgent, task } from './steps.ts'

const { ours, theirs, program, database, app } = await testProgram()

describe('the protocol of remote agents', () => {
  it('hands out exactly what the run is told, with its documents', async () => {
    const agent = await remoteAgent(ours, 'briefed')
    const output_schema = { type: 'object', required: ['n'] }
    const stated = await goal(ours, [
      task('only', {
        capability: 'briefed',
        title: 'The work',
        input: { text: 'x' },
        reads: ['style'],
        writes: [{ op: 'set', document: 'out', path: '', value: { $from: 'output' } }],
        output_schema,
      }),
    ])
    const { brief, token, expires_at, run_id } = await agent.claimOne()
    expect(brief).toMatchObject({
      run_id,
      goal_id: stated.id,
      project_id: stated.project_id,
      title: 'The work',
      capability: 'briefed',
      input: { text: 'x' },
      documents: [
        { document: 'style', scope: 'project', version: 0, value: null },
        { document: 'out', scope: 'project', version: 0, value: null },
      ],
      artifacts: [],
      feedback: [],
      output_schema,
    })
    expect([token, Date.parse(expires_at) < Date.parse(brief.deadline_at)]).toEqual([1, true])
  })

  it('answers the same result again the same, and another one not at all', async () => {
    const agent = await remoteAgent(ours, 'repeats')
    const stated = await goal(ours, [task('only', { capability: 'repeats' })])
    const run = await agent.claimOne()
    const answers = [
      await agent.complete(run, { n: 1 }),
      await agent.complete(run, { n: 1 }),
      await agent.complete(run, { n: 2 }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 409])
    expect([answers[0]?.data, answers[2]?.error?.code]).toEqual([answers[1]?.data, 'lease_lost'])
    expect(await database.sql('select count(*)::int as n from state_commits where goal_id = $1', [stated.id])).toEqual([
      { n: 1 },
    ])
    expect(
      (await journalOf(database, ours, { task_id: run.task_id })).filter((type) => type === 'task.done'),
    ).toHaveLength(1)
    const failing = await goal(ours, [task('only', { capability: 'repeats' })])
    const second = await agent.claimOne()
    expect([(await agent.fail(second, false)).status, (await agent.fail(second, false)).status]).toEqual([202, 202])
    expect([(await agent.release(second)).error?.code, (await failing.view()).counts.failed]).toEqual(['lease_lost', 1])
  })

  it('refuses a token that is not the newest', async () => {
    const agent = await remoteAgent(ours, 'fenced')
    await goal(ours, [task('only', { capability: 'fenced' })])
    const first = await agent.claimOne()
    await agent.release(first)
    const second = await agent.claimOne()
    const stale = { ...second, token: first.token }
    for (const answered of [
      await agent.complete(first, {}),
      await agent.complete(stale, {}),
      await agent.fail(stale, true),
      await agent.release(stale),
    ])
      expect([answered.status, answered.error?.code]).toEqual([409, 'lease_lost'])
    expect(await agent.beat(stale)).toEqual(['lease_lost'])
    expect((await agent.complete(second, {})).status).toBe(202)
  })

  it('lets an agent’s key do its own agent’s work and nothing else', async () => {
    const [agent, other, stranger] = [
      await remoteAgent(ours, 'keyed'),
      await remoteAgent(ours, 'keyed'),
      await remoteAgent(theirs, 'keyed'),
    ]
    await goal(ours, [task('only', { capability: 'keyed', agent_id: agent.agent_id })])
    expect([await other.claim(), await stranger.claim()]).toEqual([[], []])
    expect((await other.api.send(claimRuns, { body: { agent_id: agent.agent_id } as never })).error?.code).toBe(
      'forbidden',
    )
    expect((await stranger.api.send(claimRuns, { body: { agent_id: agent.agent_id } as never })).error?.code).toBe(
      'not_found',
    )
    const run = await agent.claimOne()
    const held = { run_id: run.run_id, token: run.token }
    const attempts = [
      [completeRun, { ...held, output: {} }],
      [failRun, { ...held, error: { code: 'x', message: 'x' }, retryable: true }],
      [releaseRun, { ...held, reason: 'x' }],
    ] as const
    for (const [operation, body] of attempts) {
      expect((await other.api.send(operation as typeof completeRun, { body: body as never })).error?.code).toBe(
        'lease_lost',
      )
      expect((await stranger.api.send(operation as typeof completeRun, { body: body as never })).error?.code).toBe(
        'not_found',
      )
    }
    expect((await other.api.call(heartbeat, { body: { runs: [held] } as never })).runs[0]?.outcome).toBe('lease_lost')
    expect((await stranger.api.send(getWorkerTaskStatus, { params: { id: run.task_id } as never })).error?.code).toBe(
      'not_found',
    )
    expect((await other.api.send(getWorkerTaskStatus, { params: { id: run.task_id } as never })).error?.code).toBe(
      'not_found',
    )
    expect((await agent.api.send(createGoal, { body: {} as never })).error?.code).toBe('forbidden')
    expect((await agent.complete(run, {})).status).toBe(202)
  })

  it('refuses a result that proposes an effect, and the run goes on', async () => {
    const agent = await remoteAgent(ours, 'effects')
    const stated = await goal(ours, [task('only', { capability: 'effects' })])
    const run = await agent.claimOne()
    const refused = await agent.complete(run, {}, { effects: [{ kind: 'publish', text: 'hello' }] })
    expect([refused.status, refused.error?.code]).toEqual([422, 'effects_unavailable'])
    expect((await stated.task('only')).status).toBe('running')
    expect((await agent.complete(run, {})).status).toBe(202)
  })

  it('waits for work as long as it is asked to, and wakes for it', async () => {
    const agent = await remoteAgent(ours, 'patient')
    const waiting = agent.api.call(claimRuns, { body: { agent_id: agent.agent_id, max: 1, wait_ms: 20_000 } })
    const stated = await goal(ours, [task('only', { capability: 'patient' })])
    const { runs } = await waiting
    expect(runs.map(({ brief }) => brief.goal_id)).toEqual([stated.id])
  })

  it('takes what an agent thinks of its confidence and does not believe it', async () => {
    const agent = await remoteAgent(ours, 'confident')
    const stated = await goal(ours, [
      task('only', {
        capability: 'confident',
        checks: [
          {
            check: 'length',
            severity: 'info',
            weight: 0.2,
            measures: 'quality',
            violation_from: 1,
            params: { words_min: 100 },
          },
        ],
      }),
    ])
    const run = await agent.claimOne()
    await agent.complete(run, { text: 'short' }, { confidence: 1 })
    expect((await stated.task('only')).reason).toBe('medium_confidence')
    const [row] = await database.sql(
      'select v.confidence as found, r.confidence as sent from judge_verdicts v join worker_runs r on r.id = v.run_id where v.run_id = $1',
      [run.run_id],
    )
    expect(row).toEqual({ found: 0.8, sent: 1 })
  })

  it('keeps what is recorded where no judge runs, and judges it later', async () => {
    const agent = await remoteAgent(ours, 'unjudged')
    const stated = await goal(ours, [task('one', { capability: 'unjudged' }), task('two', { capability: 'unjudged' })])
    const runs = await agent.claim()
    const extensions = program.manifests.flatMap((manifest) => (manifest.extensions ?? []).flat())
    const others = extensions.filter(({ point }) => point !== resultJudges.name)
    program.extensions.connect([...others, ...extend(resultJudges, { verdicts: program.judge.verdicts })])
    for (const run of runs) expect((await agent.complete(run, { n: 1 })).status).toBe(202)
    expect(await stated.statuses()).toEqual({ one: 'in_review', two: 'in_review' })
    const shown = () => ours.call(getRun, { params: { id: runs[0]?.run_id as never } })
    expect(await shown()).toMatchObject({ status: 'finished', verdicts: [] })
    expect(await program.judge.review()).toBe(2)
    expect((await shown()).verdicts).toMatchObject([{ run_id: runs[0]?.run_id, route: { to: 'commit' } }])
    program.extensions.connect(extensions)
    expect([(await stated.view()).status, await program.judge.review()]).toEqual(['done', 0])
    const types = await journalOf(database, ours, { task_id: runs[0]?.task_id ?? '' })
    expect(types).toEqual(['task.started', 'task.reported', 'task.judged', 'state.committed', 'task.done'])
  })
})

describe('artifacts that a result names', () => {
  async function uploaded(key: string, run_id: string): Promise<string> {
    const disposition = 'Content-Disposition: form-data; name='
    const sent = await app.inject({
      method: 'POST',
      url: '/api/v1/artifacts',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'multipart/form-data; boundary=cut' },
      payload: [
        ...['--cut', `${disposition}"run_id"`, '', run_id],
        ...['--cut', `${disposition}"file"; filename="a.txt"`, 'Content-Type: text/plain', '', 'what it may read'],
        ...['--cut--', ''],
      ].join('\r\n'),
    })
    return sent.json().data.items[0].id
  }

  it('are ones that its agent may read: in its list, and in its output', async () => {
    const [own, other] = [await remoteAgent(ours, 'names-own'), await remoteAgent(ours, 'names-other')]
    const stated = await goal(ours, [
      task('own', { capability: 'names-own' }),
      task('other', { capability: 'names-other' }),
      task('next', { capability: 'names-own', input: { from: { $from: 'own.output' } }, depends_on: ['own'] }),
    ])
    const [run, theirs_run] = [await own.claimOne(), await other.claimOne()]
    const mine = await uploaded(own.api.key, run.run_id)
    const stranger = await uploaded(other.api.key, theirs_run.run_id)
    const nobodys = '01890a5d-ac96-774b-bcce-000000000001'
    for (const artifact_id of [stranger, nobodys]) {
      const refused = [
        await own.complete(run, {}, { artifacts: [{ artifact_id, role: 'x' }] }),
        await own.complete(run, { artifact_id }),
        await own.complete(run, { deep: [{ artifact_ids: [mine, artifact_id] }] }),
      ]
      expect(refused.map(({ error }) => [error?.code, error?.detail.value])).toEqual(
        Array(3).fill(['not_found', artifact_id]),
      )
    }
    expect(
      (await own.complete(run, { artifact_id: mine }, { artifacts: [{ artifact_id: mine, role: 'x' }] })).status,
    ).toBe(202)
    expect((await other.complete(theirs_run, { artifact_id: stranger })).status).toBe(202)
    // What it was handed it may name again.
    await program.judge.review()
    const next = await own.claimOne()
    expect(next.brief.artifacts.map(({ artifact_id }) => artifact_id)).toEqual([mine])
    expect((await own.complete(next, { artifact_id: mine })).status).toBe(202)
    expect((await stated.statuses()).own).toBe('done')
  })
})
