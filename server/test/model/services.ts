import { respondApproval } from '@muster/contract/approvals/operations'
import { createBudget } from '@muster/contract/budgets/operations'
import { limits } from '@muster/contract/limits'
import { cancelGoal, createGoal, pauseGoal, resumeGoal } from '@muster/contract/planner/goals/goal.operations'
import { replan } from '@muster/contract/planner/plans/plan.operations'
import { cancelTask, retryTask, skipTask } from '@muster/contract/planner/tasks/task.operations'
import type { PlanTask } from '@muster/contract/planner/tasks/task-definitions'
import { liftProjectStop, pauseProject, resumeProject, stopProject } from '@muster/contract/projects/operations'
import type { ClaimedAssignment } from '../../src/modules/worker/operations/claim.ts'
import { sha256 } from '../../src/platform/journal/seal.ts'
import type { ApiClient } from '../fixtures.ts'
import type { TestProgram } from '../program.ts'
import type { Action } from './operations.ts'
import { readTables, type Tables, type TaskRow } from './tables.ts'
import {
  budget_max,
  cost_of_use,
  live_runs_max,
  type Result,
  type World,
  type WorldGoal,
  type WorldRun,
  type WorldTask,
} from './world.ts'

/** Faults that can be put between the model and the services on purpose, to see that the checks find them. */
export type ServiceDefect = 'no_fence' | 'lost_queue_row' | 'lost_hold' | 'forgotten_event' | 'second_commit'

const secret = 'ghp_0123456789abcdefghijABCDEFGHIJ012345'
/** Longer than any delay of a task that was sent back. */
const settled_ms = 9_000

/** The services as the model drives them: one organization with a project, an agent and two people. */
export async function createServices(test: TestProgram, defect?: ServiceDefect) {
  const { program, database } = test
  const { worker, approvals } = program
  const { ours: api, theirs } = await test.twoMore()
  const second = await api.colleague('second')
  const project = await api.project()
  const agent = await api.agent({ capabilities: ['work'] })
  await api.call(createBudget, {
    body: { scope: { kind: 'organization' }, cost_micro_usd: budget_max, live_runs: live_runs_max } as never,
  })
  const { organization_id } = api
  const goals = new Map<string, string>()
  const tasks = new Map<string, string>()
  const assignments = new Map<string, ClaimedAssignment>()
  const amenders = new Map<string, ApiClient>()
  let tables = await readTables(database, organization_id)

  const byId = (id: string | undefined) => ({ params: { id: (id ?? 'nobody') as never } })
  const sent = async (answered: Promise<{ readonly error: { readonly code: string } | undefined }>) =>
    (await answered).error?.code
  const rowOf = (world_task: WorldTask): TaskRow | undefined =>
    tables.tasks.find(({ id }) => id === tasks.get(world_task.id))

  function bodyOf(plan: readonly PlanTask[]) {
    return { tasks: plan.map((task) => ({ ...task, agent_id: agent.id, timeout_ms: limits.task_timeout_ms_max })) }
  }

  async function claim(world: World, max: number): Promise<WorldTask[]> {
    await database.clock.advance(settled_ms)
    const kept = tables.live.map(({ run_id, token }) => ({ organization_id, run_id, token }))
    await program.engine.transact((tx) => program.leases.extend(tx, kept, limits.lease_ms))
    const claimer = { runtime: 'remote' as const, organization_id, agent_id: agent.id, capabilities: null }
    const claimed = await worker.claim({ claimer, max, claimed_by: { kind: 'agent', id: agent.id }, process_id: null })
    const by_id = new Map([...world.tasks.values()].map((task) => [tasks.get(task.id), task]))
    return claimed.map((assignment) => {
      const task = by_id.get(assignment.run.task_id)
      if (!task) throw new Error(`a task was claimed that the model does not know: ${assignment.task.key}`)
      assignments.set(`${task.id} ${assignment.run.token}`, assignment)
      return task
    })
  }

  const assignmentOf = ({ task, token }: WorldRun): ClaimedAssignment => {
    const found = assignments.get(`${task.id} ${token}`)
    if (!found) throw new Error(`no run of ${task.key} with the token ${token}`)
    return found
  }

  async function complete(run: WorldRun, result: Result, stale: boolean): Promise<string> {
    const { run: held, task } = assignmentOf(run)
    const value = {
      items: Array.from({ length: result.items }, (_, index) => index),
      ...(result.bad && { text: secret }),
    }
    const output = JSON.stringify(value)
    const fenced = stale ? { ...held, token: held.token - 1 } : held
    const newest = tables.live.find(({ task_id }) => task_id === held.task_id)
    const written = defect === 'no_fence' && newest ? { ...fenced, run_id: newest.run_id, token: newest.token } : fenced
    const outcome = await worker.settle({
      run: written,
      task,
      completed_by: { kind: 'agent', id: agent.id },
      output,
      value,
      output_sha256: sha256(output).toString('hex'),
      artifact_ids: [],
      source_ids: [],
      usage: { cost_micro_usd: run.held > 0 ? cost_of_use : 0, tokens: 0 },
    })
    return outcome === 'cancelled' ? 'lease_lost' : outcome
  }

  async function endAttempt(
    run: WorldRun,
    unfinished: Parameters<typeof worker.endAttempts>[0][number]['unfinished'],
  ): Promise<string | undefined> {
    const { run: lease } = assignmentOf(run)
    return (await worker.endAttempts([{ lease, unfinished }])).has(lease.run_id) ? undefined : 'lease_lost'
  }

  async function answer({
    question,
    action,
    result,
  }: Extract<Action, { kind: 'answer' }>): Promise<string | undefined> {
    const task_id = tasks.get(question.task.id)
    const own = tables.approvals.filter((one) => one.task_id === task_id)
    // The model's questions of a task and the tables' stand in the same order.
    const asked = own[questionIndex(question)]
    if (!asked) throw new Error(`there is no question about ${question.task.key}`)
    const amender = amenders.get(task_id ?? '')
    const by =
      question.amended && action === 'approve' && amender === api ? second : question.amended ? (amender ?? api) : api
    const body = bodyFor(action, result)
    const code = await sent(by.send(respondApproval, { ...byId(asked.id), body: body as never }))
    if (code === undefined && action === 'amend') amenders.set(task_id ?? '', by)
    return code
  }

  let world_of: World | undefined
  const questionIndex = (question: World['questions'][number]): number =>
    (world_of?.questions ?? []).filter(({ task }) => task === question.task).indexOf(question)

  function bodyFor(action: string, { items, bad }: Result): object {
    const content = { items: Array.from({ length: items }, (_, index) => index), ...(bad && { text: secret }) }
    if (action === 'amend') return { action, content }
    return action === 'send_back' ? { action: 'amend', comment: 'again' } : { action, comment: 'reason' }
  }

  async function perform(
    world: World,
    action: Action,
  ): Promise<{ readonly said?: string | undefined; readonly claimed?: readonly WorldTask[] }> {
    world_of = world
    switch (action.kind) {
      case 'state': {
        const body = { project_id: project.id, title: 'A goal', plan: bodyOf(action.plan), start: action.start }
        const { id } = await api.call(createGoal, { body: body as never })
        goals.set('newest', id)
        return {}
      }
      case 'claim':
        return { claimed: await claim(world, action.max) }
      case 'complete':
        return { said: await complete(action.run, action.result, action.stale) }
      case 'fail':
        return {
          said: await endAttempt(action.run, {
            how: 'failed',
            retryable: action.retryable,
            code: 'broken',
            message: 'it broke',
          }),
        }
      case 'release':
        return { said: await endAttempt(action.run, { how: 'given_back', reason: 'not mine' }) }
      case 'pause':
        return { said: await sent(api.send(pauseGoal, byId(goals.get(action.goal.id)))) }
      case 'resume':
        return { said: await sent(api.send(resumeGoal, byId(goals.get(action.goal.id)))) }
      case 'cancel':
        return { said: await sent(api.send(cancelGoal, byId(goals.get(action.goal.id)))) }
      case 'cancel_task':
        return { said: await sent(api.send(cancelTask, byId(tasks.get(action.task.id)))) }
      case 'skip_task':
        return { said: await sent(api.send(skipTask, byId(tasks.get(action.task.id)))) }
      case 'retry_task':
        return { said: await sent(api.send(retryTask, byId(tasks.get(action.task.id)))) }
      case 'replan': {
        const body = { goal_id: goals.get(action.goal.id), plan: bodyOf(action.plan) }
        return { said: await sent(api.send(replan, { body: body as never })) }
      }
      case 'answer':
        return { said: await answer(action) }
      default:
        await moveOn(action.kind)
        return {}
    }
  }

  async function moveOn(kind: Exclude<Action['kind'], 'state'>): Promise<void> {
    if (kind === 'lose' || kind === 'expire') {
      await database.clock.advance(kind === 'lose' ? limits.lease_ms + 1000 : limits.approval_due_ms_default + 1000)
      await worker.sweep([])
      if (kind === 'expire') for (const job of approvals.jobs) await job.run()
    } else if (kind === 'stop') {
      await api.call(stopProject, { ...byId(project.id), body: {} })
      await worker.sweep([])
    } else if (kind === 'lift') await api.send(liftProjectStop, byId(project.id))
    else if (kind === 'pause_project') await api.call(pauseProject, byId(project.id))
    else if (kind === 'resume_project') await api.call(resumeProject, byId(project.id))
    else if (kind === 'write_shared') await writeShared()
  }

  /** A commit without a task, as a person makes it. */
  async function writeShared(): Promise<void> {
    const [head] = tables.documents.filter(({ document }) => document === 'shared')
    const ref = { scope: 'project' as const, scope_id: project.id, document: 'shared' }
    const [outcome] = await program.engine.transact((tx) =>
      program.state.commit(tx, [
        {
          organization_id,
          project_id: project.id,
          goal_id: null,
          task_id: null,
          run_id: null,
          committed_by: { kind: 'key', id: 'somebody' },
          read_set: [{ ...ref, version: head?.version ?? 0 }],
          operations: [{ ...ref, op: 'set', path: '', value: '{"other":true}' }],
        },
      ]),
    )
    if (outcome?.outcome !== 'committed') throw new Error('the document could not be written')
  }

  /** Does harm, where a defect is asked for. */
  async function harm(): Promise<void> {
    const statements: Record<Exclude<ServiceDefect, 'no_fence'>, string> = {
      lost_queue_row: 'delete from planner_task_queue where organization_id = $1',
      lost_hold:
        'update budgets_balances set held_micro_usd = held_micro_usd + 1 where organization_id = $1 and held_micro_usd > 0',
      forgotten_event: `delete from journal_entries where organization_id = $1 and id in (
        select id from journal_entries where organization_id = $1 and events::text like '%task.done%' order by id desc limit 1)`,
      second_commit: `insert into state_commits select organization_id, gen_random_uuid(), project_id, goal_id, task_id, run_id, committed_by, read_set, written
        from state_commits where organization_id = $1 and task_id is not null limit 1`,
    }
    if (defect !== undefined && defect !== 'no_fence') await database.sql(statements[defect], [organization_id])
  }

  return {
    organization_id,
    theirs,
    perform,

    /** Reads everything, and finds the rows of what the model has made since. */
    async look(world: World): Promise<Tables> {
      await harm()
      tables = await readTables(database, organization_id)
      for (const goal of world.goals) if (!goals.has(goal.id)) goals.set(goal.id, goals.get('newest') ?? '')
      for (const task of world.tasks.values()) {
        if (tasks.has(task.id) || task.superseded) continue
        const row = tables.tasks.find(
          (one) => one.goal_id === goals.get(task.goal.id) && one.key === task.key && one.superseded_in === null,
        )
        if (row) tasks.set(task.id, row.id)
      }
      return tables
    },

    /** Where the services stand otherwise than the model. */
    differences(world: World): string[] {
      return [
        ...world.goals.flatMap((goal) => differencesOf(goal)),
        ...world.goals.flatMap((goal) => world.current(goal)).flatMap(taskDifferences),
        ...sums(world),
      ]
    },

    /** Ends everything, so that the next sequence finds nothing of this one. */
    async leave(): Promise<void> {
      await api.send(liftProjectStop, byId(project.id))
      for (const { id, status } of tables.goals)
        if (!['done', 'failed', 'cancelled'].includes(status)) await api.send(cancelGoal, byId(id))
    },
  }

  function differencesOf(goal: WorldGoal): string[] {
    const row = tables.goals.find(({ id }) => id === goals.get(goal.id))
    return row?.status === goal.status ? [] : [`goal ${goal.id} is ${row?.status}, and in the model ${goal.status}`]
  }

  function taskDifferences(task: WorldTask): string[] {
    const row = rowOf(task)
    const name = `task ${task.goal.id}.${task.key}`
    if (!row) return [`${name} is not there`]
    const fields = ['status', 'waits_on', 'leases', 'attempts', 'leases_lost', 'retries', 'conflicts'] as const
    return fields.flatMap((field) =>
      row[field] === task[field] ? [] : [`${name}: ${field} is ${row[field]}, and in the model ${task[field]}`],
    )
  }

  function sums(world: World): string[] {
    const count = world.goals.reduce((sum, goal) => sum + world.current(goal).length, 0)
    const rows = tables.tasks.filter(({ superseded_in }) => superseded_in === null).length
    const [balance] = tables.balances
    const shared = tables.documents.find(({ document }) => document === 'shared')?.version ?? 0
    const pairs: readonly (readonly [string, number, number])[] = [
      ['current tasks', rows, count],
      ['held', balance?.held ?? 0, world.budget.held],
      ['used', balance?.used ?? 0, world.budget.used],
      ['the shared document', shared, world.state.shared],
      ['the log', tables.appended, world.state.log],
      ['live runs', tables.live.length, world.runs.filter(({ live }) => live).length],
    ]
    return pairs.flatMap(([what, real, modelled]) =>
      real === modelled ? [] : [`${what}: ${real}, and in the model ${modelled}`],
    )
  }
}
