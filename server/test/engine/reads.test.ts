import { createKey } from '@muster/contract/identity/operations'
import {
  cancelTask,
  createProjectTask,
  createTask,
  getProjectStatus,
  getTask,
  listProjectTasks,
  listTasks,
  retryTask,
  skipTask,
} from '@muster/contract/planner/tasks/task.operations'
import { pauseProject } from '@muster/contract/projects/operations'
import { describe, expect, it } from 'vitest'
import { apiClientOf } from '../fixtures.ts'
import { testProgram } from '../program.ts'
import { failing, goal, task } from './steps.ts'

const { app, ours, theirs, work, database } = await testProgram()

/** A project with a goal of three tasks, one of which fails, and a task without a goal; all of it has been worked on. */
async function worked() {
  const project = await ours.project()
  const stated = await goal(
    ours,
    [task('good', { input: { n: 1 } }), failing('bad'), task('after', { depends_on: ['bad'] })],
    { project_id: project.id },
  )
  const body = { capability: 'noop', title: 'Alone', input: {} }
  const alone = await ours.call(createProjectTask, { params: { id: project.id }, body: body as never })
  await work()
  return { project, stated, alone }
}

const titles = (tasks: readonly { readonly title: string }[]) => tasks.map(({ title }) => title)

describe('tasks', () => {
  it('are listed newest first, by project, goal and status, page by page', async () => {
    const { project, stated } = await worked()
    const all = await ours.call(listTasks, { query: { project_id: project.id } })
    expect(titles(all.items)).toEqual(['Alone', 'after', 'bad', 'good'])
    const failed = await ours.call(listTasks, { query: { project_id: project.id, status: 'failed' } })
    expect(titles(failed.items)).toEqual(['after', 'bad'])
    const of_goal = await ours.call(listTasks, { query: { goal_id: stated.id as never, limit: 2 } })
    expect([titles(of_goal.items), of_goal.next_cursor]).toEqual([['after', 'bad'], expect.any(String)])
    const query = { goal_id: stated.id as never, cursor: of_goal.next_cursor ?? '' }
    const rest = await ours.call(listTasks, { query })
    expect([titles(rest.items), rest.next_cursor]).toEqual([['good'], undefined])
  })

  it('of a project come with a total where pages are asked for by number', async () => {
    const { project } = await worked()
    const params = { id: project.id }
    const page = await ours.call(listProjectTasks, { params, query: { page: 2, page_size: 3 } })
    expect([titles(page.items), page.total]).toEqual([['good'], 4])
  })

  it('are shown in full, and to nobody else', async () => {
    const { stated } = await worked()
    const { id } = await stated.task('good')
    const found = await ours.call(getTask, { params: { id } })
    expect(found).toMatchObject({
      ...{ kind: 'work', goal_id: stated.id, key: 'good', capability: 'noop', input: { n: 1 }, status: 'done' },
      counters: { attempts: 0, leases_lost: 0, retries: 0, conflicts: 0 },
      committed: { documents: [{ document: `goals/${stated.id}/good`, version: 1 }] },
    })
    expect((await theirs.send(getTask, { params: { id } })).error?.code).toBe('not_found')
  })
})

describe('the status of a project', () => {
  it('counts its tasks by state and shows them, newest first', async () => {
    const { project, alone } = await worked()
    const status = await ours.call(getProjectStatus, { params: { id: project.id } })
    expect(status).toMatchObject({ project_id: project.id, status: 'active' })
    expect(Object.entries(status.counts).filter(([, tasks]) => tasks > 0)).toEqual([
      ['done', 2],
      ['failed', 2],
    ])
    expect(titles(status.tasks)).toEqual(['Alone', 'after', 'bad', 'good'])
    expect(status.tasks[0]).toMatchObject({ task_id: alone.task_id, agent_type: 'noop', status: 'done' })
  })

  it('tells a pause, and nothing to others', async () => {
    const { project } = await worked()
    await ours.call(pauseProject, { params: { id: project.id } })
    expect((await ours.call(getProjectStatus, { params: { id: project.id } })).status).toBe('paused')
    expect((await theirs.send(getProjectStatus, { params: { id: project.id } })).error?.code).toBe('not_found')
  })
})

describe('kinds of tasks', () => {
  it('are told from what a request has, and a kind that no module does is refused', async () => {
    const { id: project_id } = await ours.project()
    const codeOf = async (body: object) => {
      const { status, error } = await ours.send(createTask, { body: { project_id, ...body } as never })
      return status === 201 ? 201 : [status, error?.code, error?.detail.value ?? error?.detail.field]
    }
    expect(await codeOf({ capability: 'noop' })).toBe(201)
    expect(await codeOf({ kind: 'work', capability: 'noop' })).toBe(201)
    expect(await codeOf({ title: 'Call the printer' })).toEqual([422, 'unknown_kind', 'quest'])
    expect(await codeOf({ pr_url: 'https://example.com/1', capability: 'noop' })).toEqual([
      422,
      'unknown_kind',
      'evaluation',
    ])
    expect(await codeOf({ kind: 'work' })).toEqual([422, 'invalid', 'capability'])
    expect(await codeOf({ kind: 'work', capability: 'noop', pr_url: 'https://example.com/1' })).toEqual([
      422,
      'invalid',
      'https://example.com/1',
    ])
    expect(await codeOf({ kind: 'chore', capability: 'noop' })).toEqual([422, 'invalid', 'chore'])
    expect(await codeOf({ title: 'Call the printer', colour: 'red' })).toEqual([422, 'invalid', 'red'])
  })

  it('are made and cancelled by a key that may write tasks and not read them', async () => {
    const { id: project_id } = await ours.project()
    const { key } = await ours.call(createKey, { body: { name: 'Writer', permissions: ['tasks:write'] } })
    const writer = apiClientOf(app, { organization_id: ours.organization_id, key })
    const { id, status } = await writer.call(createTask, { body: { project_id, capability: 'noop' } })
    expect(status).toBe('ready')
    expect((await writer.call(cancelTask, { params: { id }, body: {} })).status).toBe('cancelled')
    expect((await writer.send(getTask, { params: { id } })).error?.code).toBe('forbidden')
  })

  it('are listed together, narrowed by kind, and do not take each other’s verbs', async () => {
    const { id: project_id } = await ours.project()
    const body = { project_id, capability: 'noop' } as const
    const [one, other] = [await ours.call(createTask, { body }), await ours.call(createTask, { body })]
    await database.sql("update planner_tasks set kind = 'quest' where id = $1", [other.id])
    const kinds = async (query: object) =>
      (await ours.call(listTasks, { query: { project_id, ...query } })).items.map(({ kind }) => kind)
    expect((await kinds({})).sort()).toEqual(['quest', 'work'])
    expect([await kinds({ kind: 'quest' }), await kinds({ kind: 'evaluation' })]).toEqual([['quest'], []])
    for (const verb of [cancelTask, skipTask, retryTask]) {
      const { status, error } = await ours.send(verb, { params: { id: other.id }, body: {} as never })
      expect([status, error?.code]).toEqual([409, 'wrong_kind'])
    }
    expect((await ours.call(cancelTask, { params: { id: one.id }, body: {} as never })).status).toBe('cancelled')
  })
})
