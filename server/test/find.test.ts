import { find } from '@muster/contract/dashboard/operations'
import { createKey } from '@muster/contract/identity/operations'
import type { Permission } from '@muster/contract/permissions'
import { createGoal } from '@muster/contract/planner/goals/goal.operations'
import { putDocument } from '@muster/contract/state/operations'
import { describe, expect, it } from 'vitest'
import { task } from './engine/steps.ts'
import { type ApiClient, apiClientOf } from './fixtures.ts'
import { tenant } from './hostile/tenant.ts'
import { testProgram } from './program.ts'

const made = await testProgram()
const { ours, theirs, app } = made
const [us, them] = [await tenant(made, ours), await tenant(made, theirs)]

const look = async (api: ApiClient, q: string, more: { project_id?: string; limit?: number } = {}) =>
  (await api.call(find, { query: { q, ...more } as never })).items
const shown = (items: Awaited<ReturnType<typeof look>>) => items.map(({ kind, title }) => `${kind} ${title}`)

async function state(title: string, project_id: string) {
  const body = { project_id, title, plan: { tasks: [task('only')] }, start: false }
  return ours.call(createGoal, { body: body as never })
}

/** A colleague's key that may do only this. */
async function allowed(...permissions: readonly Permission[]): Promise<ApiClient> {
  const { key } = await ours.call(createKey, { body: { name: 'Narrow', permissions } as never })
  return apiClientOf(app, { organization_id: ours.organization_id, key })
}

const kinds = {
  goal: 'goalId',
  task: 'taskId',
  run: 'runId',
  approval: 'approvalId',
  artifact: 'artifactId',
  agent: 'agentId',
  project: 'projectId',
} as const

describe('by id', () => {
  it.each(Object.entries(kinds))('finds a %s by all of it, and by its beginning', async (kind, name) => {
    const id = String(us.things[name])
    const [whole] = await look(ours, id)
    expect(whole).toMatchObject({ kind, id })
    expect(whole?.title).not.toBe('')
    for (const part of [
      id.toUpperCase(),
      id.slice(0, 31),
      id.slice(0, 24),
      id.replaceAll('-', ''),
      ` ${id.slice(0, 35)} `,
    ])
      expect((await look(ours, part, { limit: 50 })).some((item) => item.kind === kind && item.id === id)).toBe(true)
    expect((await look(ours, id.slice(0, 7))).some((item) => item.id === id)).toBe(false)
  })

  it('gives where it belongs, and within a project what is there', async () => {
    const { taskId = '', projectId = '', goalId } = us.things
    expect(await look(ours, taskId, { project_id: projectId })).toMatchObject([
      { kind: 'task', project_id: projectId, goal_id: goalId, status: expect.any(String) },
    ])
    const { id: project_id } = await ours.project()
    expect(await look(ours, taskId, { project_id })).toEqual([])
    expect(await look(ours, String(us.things.agentId), { project_id })).toMatchObject([{ kind: 'agent' }])
  })
})

describe('by number', () => {
  it('finds goals as people name them, in all projects or one', async () => {
    const [one, other] = [await ours.project(), await ours.project()]
    for (const { id, name } of [one, other]) for (const turn of [1, 2, 3]) await state(`${name} ${turn}`, id)
    for (const q of ['GOAL-3', 'goal-3', '#3', ' 3 ']) {
      const within = await look(ours, q, { project_id: one.id })
      expect(within[0]).toMatchObject({ kind: 'goal', number: 3, project_id: one.id, title: `${one.name} 3` })
      const all = await look(ours, q, { limit: 50 })
      expect(all.filter(({ number }) => number === 3).map(({ project_id }) => project_id)).toEqual([other.id, one.id])
    }
    for (const q of ['GOAL-0', 'GOAL-04', 'GOAL--3', '#', 'GOAL-9999999999'])
      expect((await look(ours, q, { project_id: one.id })).filter(({ number }) => number !== undefined)).toEqual([])
  })
})

describe('by name', () => {
  it('finds letters with marks composed and decomposed, whichever way the title came', async () => {
    const project = await ours.project()
    await state('Café Zweig', project.id)
    await state('Cafe\u0301 Zweig', project.id)
    for (const q of ['café zweig', 'cafe\u0301 zweig'])
      expect(shown(await look(ours, q))).toEqual(['goal Café Zweig', 'goal Café Zweig'])
  })

  it('finds every word, whatever its case, in goals, projects, agents and keys of documents', async () => {
    const project = await ours.project({ name: 'Überholung der Anlage' })
    const agent = await ours.agent({ name: 'anlagenbuch', description: 'x' })
    await state('Prüfe die Anlage 50% günstiger', project.id)
    await state('Something else', project.id)
    for (const key of ['anlage/teil_1', 'anlage/teil_2', 'Anlage', 'xanlage'])
      await ours.call(putDocument, { params: { id: project.id, key } as never, body: { value: 1 } })
    expect(shown(await look(ours, 'anlage'))).toEqual([
      'goal Prüfe die Anlage 50% günstiger',
      'project Überholung der Anlage',
      `agent ${agent.name}`,
      'document anlage/teil_1',
      'document anlage/teil_2',
    ])
    expect(shown(await look(ours, 'ANLAGE prüf'))).toEqual(['goal Prüfe die Anlage 50% günstiger'])
    expect(await look(ours, 'anlage/teil_')).toEqual(
      ['anlage/teil_1', 'anlage/teil_2'].map((id) => ({ kind: 'document', id, title: id, project_id: project.id })),
    )
    expect(await look(ours, 'anlage', { limit: 2 })).toHaveLength(2)
    expect(shown(await look(ours, 'anlage', { project_id: String(us.things.projectId) }))).toEqual([
      'agent anlagenbuch',
    ])
  })

  it('takes nothing in a text for a pattern or a statement', async () => {
    const { id } = await ours.project()
    for (const title of ['100% sure', '1000 sure', 'a_b', 'axb', 'back\\slash', "it's; drop table goals"])
      await state(title, id)
    const within = async (q: string) => shown(await look(ours, q, { project_id: id }))
    expect(await within('100%')).toEqual(['goal 100% sure'])
    expect(await within('a_b')).toEqual(['goal a_b'])
    expect(await within('k\\s')).toEqual(['goal back\\slash'])
    expect(await within("it's; drop table")).toEqual([`goal it's; drop table goals`])
    for (const q of [
      '%',
      '_',
      '\\',
      '\\\\',
      "'",
      '" or 1=1 --',
      '%%%%',
      '{}',
      '$1',
      '\u{10ffff}',
      'x'.repeat(200),
      '- -',
      '--------',
    ])
      expect((await ours.send(find, { query: { q } })).status).toBe(200)
    expect(await look(ours, '   ')).toEqual([])
    for (const q of ['', 'a\0b', 'x'.repeat(201)]) expect((await ours.send(find, { query: { q } })).status).toBe(422)
  })

  it('looks through the newest 2,000 goals', async () => {
    const { id: project_id } = await ours.project()
    const { id } = await state('The very first needle', project_id)
    await made.database.sql(
      `insert into planner_goals (organization_id, id, project_id, title, status, strategy, plan_revision, priority, artifacts, variables,
        created_by, open_tasks, number)
      select $1, ('ffffffff-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, $2, 'hay ' || n, 'done', 'explicit', 1, 1, '[]', '{}', '{}', 0,
        n + 1 from generate_series(1, 2000) n`,
      [ours.organization_id, project_id],
    )
    expect(await look(ours, 'needle')).toEqual([])
    expect(shown(await look(ours, 'hay 2000'))).toEqual(['goal hay 2000'])
    expect(await look(ours, id)).toMatchObject([{ title: 'The very first needle' }])
    expect(shown(await look(ours, '#1', { project_id })).at(0)).toBe('goal The very first needle')
  })
})

describe('who looks', () => {
  it('finds only kinds that the key may read', async () => {
    const narrow = await allowed('goals:read')
    for (const [kind, name] of Object.entries(kinds)) {
      const found = await look(narrow, String(us.things[name]))
      expect([kind, found.length]).toEqual([kind, kind === 'goal' ? 1 : 0])
    }
    expect((await look(narrow, 'a', { limit: 50 })).every(({ kind }) => kind === 'goal')).toBe(true)
    const more = await allowed('goals:read', 'tasks:read', 'state:read')
    expect(await look(more, String(us.things.runId))).toMatchObject([{ kind: 'run' }])
    const reader = await allowed('tasks:read', 'projects:read')
    expect((await reader.send(find, { query: { q: 'a' } })).error?.code).toBe('forbidden')
  })

  it('finds nothing of another organization', async () => {
    for (const name of Object.values(kinds)) {
      expect(await look(ours, String(them.things[name]))).toEqual([])
      expect(await look(theirs, String(us.things[name]))).toEqual([])
    }
    const project = await theirs.project({ name: 'Only theirs' })
    expect(await look(ours, 'only theirs')).toEqual([])
    expect(await look(ours, 'o', { project_id: project.id, limit: 50 })).toSatisfy(
      (items: Awaited<ReturnType<typeof look>>) => items.every(({ kind }) => kind === 'agent'),
    )
  })
})
