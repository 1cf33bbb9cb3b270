import { cancelTask, getTask, retryTask, skipTask } from '@muster/contract/planner/tasks/task.operations'
import type { Task } from '@muster/contract/planner/tasks/tasks'
import { getTaskWhy } from '@muster/contract/worker/operations'
import type { Command } from 'commander'
import { type Context, group, leaf, type Printed, print, valueLines } from '../context.ts'
import { reasonWords, words } from '../words.ts'

/** `muster task …` */
export function taskCommand(context: Context): Command {
  return group('task', 'show and manage tasks', [
    showCommand(context),
    whyCommand(context),
    changeCommand(context, 'retry'),
    changeCommand(context, 'skip'),
    changeCommand(context, 'cancel'),
  ])
}

function showCommand({ io, connect }: Context): Command {
  return leaf('show', 'show a task with its attempts and output')
    .argument('<id>')
    .action(async (id: string, options: Printed) => {
      const task = await (await connect()).call(getTask, { params: { id } })
      print({ io, ...options }, task, () => taskLines(task))
    })
}

function taskLines(task: Task): string[] {
  const { attempts, leases_lost, retries, conflicts } = task.counters
  return [
    `${task.id}  ${words(task.status)}${task.reason === undefined ? '' : `: ${reasonWords(task.reason)}`}`,
    `title       ${task.title}`,
    `capability  ${task.capability}`,
    `attempts    ${attempts} failed, ${leases_lost} leases lost, ${retries} sent back, ${conflicts} conflicts`,
    ...(task.goal_id === undefined ? [] : [`goal        ${task.goal_id}`]),
    ...(task.depends_on.length === 0 ? [] : [`after       ${task.depends_on.map(({ key }) => key).join(', ')}`]),
    ...(task.committed?.documents ?? []).map(({ document, version }) => `wrote       ${document} (v${version})`),
    ...(task.output === undefined ? [] : ['', ...valueLines(task.output)]),
  ]
}

function whyCommand({ io, connect }: Context): Command {
  return leaf('why', 'explain why a task is not running')
    .argument('<id>')
    .action(async (id: string, options: Printed) => {
      const why = await (await connect()).call(getTaskWhy, { params: { id } })
      print({ io, ...options }, why, () => [
        `${why.task_id} is ${words(why.status)}`,
        ...why.blocked_by.map(
          ({ reason, subject_id, until, remedy }) =>
            `  ${words(reason)}${subject_id ? ` ${subject_id}` : ''}${until ? ` until ${until}` : ''}: ${remedy}`,
        ),
        ...(why.blocked_by.length === 0 ? ['  not blocked'] : []),
      ])
    })
}

const changes = {
  retry: { operation: retryTask, description: 'retry a task and the tasks after it' },
  skip: { operation: skipTask, description: 'skip a task' },
  cancel: { operation: cancelTask, description: 'cancel a task and stop its run' },
} as const

function changeCommand({ io, connect }: Context, name: keyof typeof changes): Command {
  const { operation, description } = changes[name]
  return leaf(name, description)
    .argument('<id>')
    .option('--reason <text>')
    .action(async (id: string, { reason, ...options }: Printed & { reason?: string }) => {
      const body = reason === undefined ? {} : { body: { reason } }
      const task = await (await connect()).call(operation, { params: { id }, ...body })
      print({ io, ...options }, task, () => [`${task.id} is ${words(task.status)}`])
    })
}
