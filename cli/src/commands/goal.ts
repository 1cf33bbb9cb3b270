import { listApprovals } from '@muster/contract/approvals/operations'
import {
  cancelGoal,
  getGoal,
  getGoalPlan,
  listGoals,
  listGoalTasks,
  pauseGoal,
  rerunGoal,
  resumeGoal,
} from '@muster/contract/planner/goals/goal.operations'
import { type Goal, type GoalStatus, goalLabel } from '@muster/contract/planner/goals/goals'
import { exitCodes } from '@muster/contract/platform/exit-codes'
import type { Command } from 'commander'
import { integer } from '../arguments.ts'
import { type Context, group, leaf, type Printed, print, table, take } from '../context.ts'
import { usage } from '../failures.ts'
import { goalIdOf } from '../goals/goals.ts'
import { diffPlans } from '../goals/plan-diff.ts'
import { drawProgress } from '../goals/progress.ts'
import { findProject } from '../goals/projects.ts'
import { sizeOf } from '../terminal-text.ts'
import { words } from '../words.ts'
import { followAndPrint, goalRunCommand, type RunOptions, withRunOptions } from './goal-run.ts'

/** `muster goal …` */
export function goalCommand(context: Context): Command {
  return group('goal', 'create and manage goals', [
    goalRunCommand(context),
    listCommand(context),
    showCommand(context),
    changeCommand(context, 'cancel'),
    changeCommand(context, 'pause'),
    changeCommand(context, 'resume'),
    diffCommand(context),
    rerunCommand(context),
  ])
}

function listCommand({ io, connect }: Context): Command {
  return leaf('list', 'list goals, newest first')
    .option('--status <status>', 'filter by status')
    .option('--project <project>', 'project ID or name')
    .option('--limit <n>', 'maximum number of results', integer(1, 10_000), 50)
    .action(async (options: Printed & { status?: GoalStatus; project?: string; limit: number }) => {
      const client = await connect()
      const project_id = options.project && (await findProject(client, options.project)).id
      const query = { ...(options.status ? { status: options.status } : {}), ...(project_id ? { project_id } : {}) }
      const goals = await take(client.list(listGoals, { query }), options.limit)
      print({ io, ...options }, goals, () => goalTable(goals))
    })
}

function goalTable(goals: readonly Goal[]): string[] {
  const rows = goals.map((goal) => {
    const all = Object.values(goal.counts).reduce((sum, count) => sum + count, 0)
    return [goalLabel(goal.number), goal.id, words(goal.status), `${goal.counts.done}/${all}`, goal.title]
  })
  return table(['goal', 'id', 'status', 'done', 'title'], rows)
}

function showCommand({ io, connect }: Context): Command {
  return ofGoal(leaf('show', 'show a goal and its tasks')).action(async (goalRef: string, options: OfGoal) => {
    const client = await connect()
    const id = await goalIdOf(client, goalRef, options.project)
    const goal = await client.call(getGoal, { params: { id } })
    if (options.json === true) return print({ io, ...options }, goal, () => [])
    const tasks = await take(client.list(listGoalTasks, { params: { id }, query: { limit: 200 } }), 1_000)
    const approvals = await take(client.list(listApprovals, { query: { goal_id: id } }), 100)
    print({ io, ...options }, goal, () =>
      drawProgress(
        { goal, tasks, approvals },
        { columns: io.stdout.isTTY === true ? sizeOf(io.stdout).columns : 120, rows: tasks.length + 100 },
      ),
    )
  })
}

interface OfGoal extends Printed {
  readonly project?: string
}

/** A command about one goal. */
function ofGoal(command: Command): Command {
  return command
    .argument('<goal>', 'goal ID or number, such as GOAL-12')
    .option('--project <project>', 'project ID or name, if several projects have that goal number')
}

const changes = {
  cancel: { operation: cancelGoal, description: 'cancel a goal and its unfinished tasks' },
  pause: { operation: pauseGoal, description: 'pause a goal; no new tasks start' },
  resume: { operation: resumeGoal, description: 'resume a paused goal, or start a draft' },
} as const

function changeCommand({ io, connect }: Context, name: keyof typeof changes): Command {
  const { operation, description } = changes[name]
  return ofGoal(leaf(name, description)).action(async (goalRef: string, options: OfGoal) => {
    const client = await connect()
    const goal = await client.call(operation, { params: { id: await goalIdOf(client, goalRef, options.project) } })
    print({ io, ...options }, goal, () => [`${goalLabel(goal.number)} is ${words(goal.status)}`])
  })
}

function diffCommand({ io, connect, exitWith }: Context): Command {
  return ofGoal(leaf('diff', 'compare two plan revisions of a goal'))
    .option('--from <revision>', 'default: the previous revision', integer(1))
    .option('--to <revision>', 'default: the current revision', integer(1))
    .action(async (goalRef: string, options: OfGoal & { from?: number; to?: number }) => {
      const client = await connect()
      const id = await goalIdOf(client, goalRef, options.project)
      const to = options.to ?? (await client.call(getGoal, { params: { id } })).plan_revision
      const from = options.from ?? to - 1
      if (from < 1) throw usage('this goal has only one plan revision')
      const plan = (revision: number) => client.call(getGoalPlan, { params: { id, revision } })
      const diff = diffPlans(await plan(from), await plan(to))
      exitWith(exitCodes.done)
      print({ io, ...options }, diff, () => [
        `revision ${from} → ${to}`,
        ...diff.removed.map((key) => `- ${key}`),
        ...diff.added.map((key) => `+ ${key}`),
        ...diff.changed.map(({ key, fields }) => `~ ${key}: ${fields.join(', ')}`),
      ])
    })
}

function rerunCommand(context: Context): Command {
  const command = ofGoal(leaf('rerun', 'rerun a goal as a new one')).option('--title <title>').option('--text <text>')
  return withRunOptions(command).action(
    async (goalRef: string, options: RunOptions & OfGoal & { title?: string; text?: string }) => {
      const client = await context.connect()
      const id = await goalIdOf(client, goalRef, options.project)
      const { title, text } = options
      const body = { ...(title === undefined ? {} : { title }), ...(text === undefined ? {} : { text }) }
      const goal = await client.call(rerunGoal, { params: { id }, body })
      await followAndPrint(context, { client, goal, options })
    },
  )
}
