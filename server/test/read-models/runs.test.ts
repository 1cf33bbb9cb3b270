import { createKey } from '@muster/contract/identity/operations'
import { listTaskVerdicts } from '@muster/contract/judge/operations'
import { retryTask } from '@muster/contract/planner/tasks/task.operations'
import { putPolicy } from '@muster/contract/projects/operations'
import { putDocument } from '@muster/contract/state/operations'
import { getRun, getTaskWhy, listRuns, listTaskRuns } from '@muster/contract/worker/operations'
import { describe, expect, it } from 'vitest'
import { newSignerPem, signerFrom } from '../../src/platform/journal/seal.ts'
import { createSequencer } from '../../src/platform/journal/sealing/sequencer.ts'
import { answer, doneEvents, goal, question, remoteAgent, task } from '../engine/steps.ts'
import { apiClientOf } from '../fixtures.ts'
import { testProgram } from '../program.ts'

const { app, ours, theirs, twoMore, work, tick, database } = await testProgram()
const sequencer = createSequencer({ engine: database.engine, signer: signerFrom(newSignerPem()) })
const seal = async () => {
  for (;;) {
    const { more, waiting } = await sequencer.seal()
    if (!more && !waiting) return
  }
}

describe('a run', () => {
  it('is shown with what it was told, what it said, its verdict, its commit and how it came about', async () => {
    const { id: project_id } = await ours.project()
    await ours.call(putDocument, {
      params: { id: project_id, key: 'style' } as never,
      body: { value: { tone: 'plain' } },
    })
    const agent = await remoteAgent(ours, 'told')
    const stated = await goal(
      ours,
      [
        task('first', { input: { pad_bytes: 3 } }),
        task('second', {
          capability: 'told',
          input: { from: { $from: 'first.output' } },
          reads: ['style'],
          writes: [{ op: 'set', document: 'report', scope: 'project', path: '', value: { $from: 'output' } }],
        }),
      ],
      { project_id },
    )
    await work()
    const claimed = await agent.claimOne()
    const live = await ours.call(getRun, { params: { id: claimed.run_id } })
    expect(live).toMatchObject({ status: 'live', verdicts: [], approvals: [], title: 'second', capability: 'told' })
    const { deadline_at, documents, ...brief } = claimed.brief
    expect(live.brief).toEqual({
      ...brief,
      deadline_at,
      documents: documents.map((one) => (one.version === 0 ? { ...one, value: undefined } : one)),
      complete: true,
    })
    await agent.complete(claimed, { text: 'So.' }, { confidence: 0.5 })
    // What the document says now is not what the run was told.
    await ours.call(putDocument, {
      params: { id: project_id, key: 'style' } as never,
      body: { value: { tone: 'shrill' } },
    })
    await seal()
    const shown = await ours.call(getRun, { params: { id: claimed.run_id } })
    expect(shown).toMatchObject({
      status: 'finished',
      agent_id: agent.agent_id,
      goal_id: stated.id,
      confidence: 0.5,
      output: { text: 'So.' },
      brief: {
        complete: true,
        documents: [
          { document: 'style', version: 1, value: { tone: 'plain' } },
          { document: 'report', version: 0 },
        ],
      },
      verdicts: [{ run_id: claimed.run_id, route: { to: 'commit' } }],
      commit: { documents: [{ document: 'report', from_version: 0, to_version: 1 }] },
      conflicts: [],
    })
    expect(shown.output_sha256).toBe(shown.verdicts[0]?.sha256)
    const timeline = shown.timeline.map(({ event }) => event)
    expect(timeline).toEqual(['goal.planned', 'task.ready', ...doneEvents])
    const numbered = shown.timeline.filter(({ event }) => event.startsWith('task.') || event.startsWith('state.'))
    expect(numbered.every(({ number }) => number !== undefined)).toBe(true)
    expect(numbered.map(({ number }) => number)).toEqual(
      numbered.map(({ number }) => number).toSorted((a, b) => (a ?? 0) - (b ?? 0)),
    )
  })

  it('names the questions about it and what people answered', async () => {
    const stated = await goal(ours, [task('asked', { approval: 'after' })])
    await work()
    const { id, run_id } = await question(ours, stated.id)
    expect((await answer(ours, id, { action: 'approve' })).status).toBe(200)
    const shown = await ours.call(getRun, { params: { id: run_id as never } })
    expect(shown.approvals).toEqual([id])
    expect(shown.timeline.map(({ event }) => event)).toEqual([
      'goal.planned',
      'task.ready',
      'task.started',
      'task.reported',
      'task.judged',
      'approval.opened',
      'approval.answered',
      'approval.applied',
      'state.committed',
      'task.done',
    ])
    expect(shown.timeline.filter(({ approval_id }) => approval_id === id)).toHaveLength(3)
  })

  it('keeps the difference that refused its commit', async () => {
    const { id: project_id } = await ours.project()
    const put = (value: object) =>
      ours.call(putDocument, { params: { id: project_id, key: 'news' } as never, body: { value: value as never } })
    await put({ a: 1, b: 1 })
    const agent = await remoteAgent(ours, 'stale')
    await goal(ours, [task('stale', { capability: 'stale', reads: ['news'] })], { project_id })
    const first = await agent.claimOne()
    await put({ a: 2, b: 1 })
    await agent.complete(first, { text: 'Old.' })
    const second = await agent.claimOne()
    await agent.complete(second, { text: 'New.' })
    const refused = await ours.call(getRun, { params: { id: first.run_id } })
    expect(refused.commit).toBeUndefined()
    expect(refused.output).toEqual({ text: 'Old.' })
    expect(refused.conflicts).toMatchObject([
      {
        run_id: first.run_id,
        moved: [
          {
            document: 'news',
            read_version: 1,
            version: 2,
            changes: [{ op: 'replace', path: '/a', before: 1, after: 2 }],
            truncated: false,
          },
        ],
      },
    ])
    expect(refused.timeline.map(({ event }) => event)).not.toContain('task.done')
    const committed = await ours.call(getRun, { params: { id: second.run_id } })
    expect(committed.brief.feedback).toMatchObject([{ from: 'commit' }])
    expect(committed.timeline.map(({ event }) => event)).toContain('task.done')
    expect(refused.brief.feedback).toEqual([])
    const key = await ours.call(createKey, { body: { name: 'looks', permissions: ['tasks:read'] } as never })
    const looks = apiClientOf(app, { organization_id: ours.organization_id, key: key.key })
    const seen = await looks.call(getRun, { params: { id: first.run_id } })
    expect(seen.brief.documents).toEqual([{ document: 'news', scope: 'project', version: 1 }])
    expect(seen.conflicts[0]?.moved[0]).toEqual({ document: 'news', scope: 'project', read_version: 1, version: 2 })
  })

  it('of a task that was retried is told what stood in its own revision', async () => {
    const stated = await goal(ours, [
      task('source', { input: { pad_bytes: 1 } }),
      task('copy', { input: { $from: 'source.output' } }),
    ])
    await work()
    const [source, copy] = [await stated.task('source'), await stated.task('copy')]
    await ours.call(retryTask, { params: { id: source.id }, body: { input: { pad_bytes: 9 } } })
    await work()
    const again = await stated.task('copy')
    const old = await ours.call(getRun, { params: { id: copy.run_id as never } })
    const fresh = await ours.call(getRun, { params: { id: again.run_id as never } })
    expect(old.brief.input).toEqual(
      copy.output === undefined
        ? undefined
        : (await ours.call(getRun, { params: { id: source.run_id as never } })).output,
    )
    expect(fresh.brief.input).not.toEqual(old.brief.input)
  })

  it('of others is not there', async () => {
    const stated = await goal(ours, [task('own')])
    await work()
    const { id, run_id } = await stated.task('own')
    for (const [operation, given] of [
      [getRun, run_id],
      [listTaskRuns, id],
      [listTaskVerdicts, id],
      [getTaskWhy, id],
    ] as const)
      expect((await theirs.send(operation, { params: { id: given } as never })).status).toBe(404)
    expect((await theirs.call(listRuns, { query: { goal_id: stated.id as never } })).items).toEqual([])
  })
})

describe('runs', () => {
  it('are listed newest first, live and ended, by what they belong to, page by page', async () => {
    const { ours } = await twoMore()
    const agent = await remoteAgent(ours, 'listed')
    const stated = await goal(
      ours,
      [1, 2, 3, 4, 5].map((n) => task(`t${n}`, { capability: 'listed' })),
    )
    const other = await goal(ours, [task('else')])
    const runs = [...(await agent.claim())]
    for (const run of runs.slice(0, 3)) await agent.complete(run, {})
    const [broken] = runs.slice(3)
    if (broken) await agent.fail(broken, false)
    await work()
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await ours.call(listRuns, {
        query: { limit: 2, goal_id: stated.id as never, ...(cursor && { cursor }) },
      })
      seen.push(...page.items.map(({ id }) => id))
      cursor = page.next_cursor
    } while (cursor !== undefined)
    expect(seen).toEqual(
      runs
        .map(({ run_id }) => run_id)
        .toSorted()
        .toReversed(),
    )
    const statuses = async (query: object) =>
      (await ours.call(listRuns, { query: query as never })).items.map(({ status }) => status).toSorted()
    expect(await statuses({ goal_id: stated.id })).toEqual(['failed', 'finished', 'finished', 'finished', 'live'])
    expect(await statuses({ agent_id: agent.agent_id, status: 'live,failed' })).toEqual(['failed', 'live'])
    expect(await statuses({ agent_id: 'builtin' })).toEqual(['finished'])
    expect(await statuses({ project_id: other.project_id })).toEqual(['finished'])
    expect((await ours.send(listRuns, { query: { agent_id: 'nobody' } })).status).toBe(404)
    expect((await ours.send(listRuns, { query: { status: 'asleep' } as never })).status).toBe(422)
    const own = await ours.call(listTaskRuns, { params: { id: (await stated.task('t1')).id } })
    expect(own.items).toMatchObject([{ title: 't1', goal_id: stated.id, capability: 'listed', kind: 'work' }])
  })
})

it('verdicts of a task are listed newest first, each with its evidence', async () => {
  const { id: project_id } = await ours.project()
  await ours.call(putPolicy, {
    params: { id: project_id },
    body: {
      checks: [
        {
          check: 'banned_content',
          severity: 'warning',
          weight: 0.5,
          measures: 'compliance',
          violation_from: 0,
          params: { words: ['shrill'] },
        },
      ],
    } as never,
  })
  const agent = await remoteAgent(ours, 'judged')
  const stated = await goal(ours, [task('said', { capability: 'judged' })], { project_id })
  await agent.complete(await agent.claimOne(), { text: 'A shrill word.' })
  await database.clock.advance(10_000)
  await tick()
  await agent.complete(await agent.claimOne(), { text: 'A calm word.' })
  const { id } = await stated.task('said')
  const { items } = await ours.call(listTaskVerdicts, { params: { id } })
  expect(items.map(({ route }) => route.to)).toEqual(['commit', 'retry'])
  expect(items[1]?.checks[0]?.evidence).toMatchObject([{ path: '/text', text: 'shrill' }])
  const page = await ours.call(listTaskVerdicts, { params: { id }, query: { limit: 1 } })
  const rest = await ours.call(listTaskVerdicts, {
    params: { id },
    query: { limit: 1, cursor: page.next_cursor } as never,
  })
  expect([...page.items, ...rest.items]).toEqual(items)
})
