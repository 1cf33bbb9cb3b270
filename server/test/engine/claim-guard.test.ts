import { describe, expect, it } from 'vitest'
import { silent_log } from '../../src/platform/log.ts'
import { testProgram } from '../program.ts'
import { goal, journalOf, remoteAgent, task } from './steps.ts'

const told: string[] = []
const log = { ...silent_log, error: (_fields: object, message: string) => void told.push(message) }
const { database, twoMore, work, tick } = await testProgram({ log })

/** Rows that no plan makes: somebody or something has written into the database. */
const corruptions = {
  'a spec that is none': `'null'::json`,
  'an agent that is no id': `'{"reads":[{"document":"d","scope":"agent","agent_id":"nobody"}]}'::json`,
  'reads that are no list': `'{"reads":7}'::json`,
}

describe.each(Object.entries(corruptions))('a row with %s', (_name, spec) => {
  it('fails its own task, and the others of the round go on', async () => {
    const { ours } = await twoMore()
    const stated = await goal(ours, [
      task('before'),
      task('broken'),
      task('after'),
      task('hangs', { depends_on: ['broken'] }),
      task('goes-on', { depends_on: [{ key: 'broken', on_failure: 'continue' }] }),
    ])
    const broken = await stated.task('broken')
    await database.sql(`update planner_tasks set spec = ${spec} where id = $1`, [broken.id])
    told.length = 0
    await work()
    await tick()
    const rows = await database.sql(
      'select id, status, reason from planner_task_states where goal_id = $1 order by id',
      [stated.id],
    )
    expect(rows.map(({ status }) => status)).toEqual(['done', 'failed', 'done', 'failed', 'done'])
    expect(rows[1]?.reason).toMatch(/^internal: /)
    expect(told).toEqual(['a task could not be handed out and has failed'])
    expect(await journalOf(database, ours, { task_id: broken.id })).toEqual(['task.failed'])
    const left = await database.sql('select count(*)::int as n from planner_task_queue where organization_id = $1', [
      ours.organization_id,
    ])
    expect(left[0]?.n).toBe(0)
  })
})

it('is passed over by a remote agent too, who gets the rest', async () => {
  const { ours } = await twoMore()
  const agent = await remoteAgent(ours, 'guarded')
  const stated = await goal(
    ours,
    [1, 2, 3].map((n) => task(`t${n}`, { capability: 'guarded' })),
  )
  const broken = await stated.task('t2')
  await database.sql(`update planner_tasks set spec = 'null'::json where id = $1`, [broken.id])
  const runs = await agent.claim()
  expect(runs.map(({ brief }) => brief.title).sort()).toEqual(['t1', 't3'])
  await database.sql(`update planner_tasks set spec = '{}'::json where id = $1`, [broken.id])
  expect((await stated.task('t2')).status).toBe('failed')
})
