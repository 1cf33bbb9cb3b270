import { limits } from '@muster/contract/limits'
import type { TaskStatus } from '@muster/contract/planner/tasks/tasks'
import { hasEnded } from '../../src/modules/planner/rules/planner.rules.ts'
import { budget_max, live_runs_max, type World, type WorldTask } from './world.ts'

/** What has ended so far: ends are final. */
export type Ends = Map<string, TaskStatus>

const begun: ReadonlySet<TaskStatus> = new Set(['ready', 'running', 'in_review', 'done'])

/** The rules that always hold, over the model: what is wrong, in words. */
export function broken(world: World, ends: Ends): string[] {
  const found: string[] = []
  const live = world.runs.filter((run) => run.live)
  for (const task of world.tasks.values()) {
    found.push(
      ...brokenTask(world, task).map((problem) => `task ${task.goal.id}.${task.key} (${task.status}): ${problem}`),
    )
    const before = ends.get(task.id)
    if (before !== undefined && before !== task.status)
      found.push(`task ${task.key} was ${before} and is ${task.status}`)
    if (hasEnded(task.status)) ends.set(task.id, task.status)
  }
  for (const goal of world.goals) {
    const open = world.current(goal).filter(({ status }) => !hasEnded(status))
    if (['done', 'failed', 'cancelled'].includes(goal.status) !== (open.length === 0))
      found.push(`goal ${goal.id} is ${goal.status} with ${open.length} open tasks`)
  }
  const held = live.reduce((sum, run) => sum + run.held, 0)
  if (world.budget.held !== held) found.push(`${world.budget.held} is held, and live runs hold ${held}`)
  if (world.budget.held + world.budget.used > budget_max) found.push('more is held and used than is allowed')
  if (live.length > live_runs_max) found.push(`${live.length} runs live`)
  if (world.project.stopped && live.length > 0) found.push('a run lives under an emergency stop')
  return found
}

function brokenTask(world: World, task: WorldTask): string[] {
  const found: string[] = []
  const live = world.runs.filter((run) => run.live && run.task === task).length
  if (live !== (task.status === 'running' ? 1 : 0)) found.push(`${live} live runs`)
  if (task.commits > 1) found.push(`${task.commits} commits`)
  if (task.commits === 1 && task.status !== 'done') found.push('committed and not done')
  const open = world.questions.filter((question) => question.task === task && question.status === 'open').length
  if (open !== (task.status === 'awaiting_approval' ? 1 : 0)) found.push(`${open} open questions`)
  if (task.attempts >= task.plan.attempts_max && !hasEnded(task.status))
    found.push(`${task.attempts} attempts of ${task.plan.attempts_max}`)
  if (task.leases_lost >= limits.leases_lost_max && !hasEnded(task.status))
    found.push(`${task.leases_lost} leases lost`)
  const parents = world.into(task).map((edge) => ({ edge, from: world.tasks.get(edge.from_id) }))
  const blocking = parents.filter(
    ({ edge, from }) => from && !(hasEnded(from.status) && (from.status === 'done' || edge.on_failure === 'continue')),
  )
  if (begun.has(task.status) && task.plan.for_each === undefined && blocking.length > 0)
    found.push('it has begun, and what it depends on has not ended well')
  if (task.status === 'pending' && task.waits_on !== blocking.length)
    found.push(`waits on ${task.waits_on}, and ${blocking.length} stand in its way`)
  if (task.status === 'pending' && task.waits_on === 0 && task.goal.status === 'running')
    found.push('it waits for nothing and nothing happens')
  return found
}
