/** Checks a plan's graph and puts it in order: pure, linear in tasks and edges. */

import { limits } from '@muster/contract/limits'
import type { PlanProblem } from '@muster/contract/planner/errors'
import { parseOwnReference, parseReference, referencesIn } from '@muster/contract/planner/plans/references'
import type { FailurePolicy, PlanTask } from '@muster/contract/planner/tasks/task-definitions'
import { atOnce, type Steps } from '../../../platform/concurrency/steps.ts'
import { previous_word } from './repeat.rules.ts'

export interface PlanEdge {
  readonly from: string
  readonly to: string
  readonly on_failure: FailurePolicy
}

export interface PlanGraph {
  readonly edges: readonly PlanEdge[]
  /** Keys in an order in which every task comes after its dependencies. */
  readonly order: readonly string[]
  /** Tasks on the longest chain. */
  readonly depth: number
}

/** What is wrong with a plan, and where: the service turns it into `plan_invalid`. */
export class PlanError extends Error {
  readonly problem: PlanProblem
  readonly path: string

  constructor(problem: PlanProblem, path: string, message: string) {
    super(message)
    this.problem = problem
    this.path = path
  }
}

/** @throws PlanError for duplicate or unknown keys, broken references, cycles, and graphs too deep or too wide. */
export function checkGraph(tasks: readonly PlanTask[]): PlanGraph {
  return atOnce(checkGraphSteps(tasks))
}

/** The same in steps of one task, for plans of any size. */
export function* checkGraphSteps(tasks: readonly PlanTask[]): Steps<PlanGraph> {
  const taskRefs = placesOf(tasks)
  const edges: PlanEdge[] = []
  const out = new Map<string, string[]>()
  const waits = new Map<string, number>(tasks.map((task) => [task.key, 0]))
  for (const [index, task] of tasks.entries()) {
    yield
    const into = edgesOf(task, index, taskRefs)
    waits.set(task.key, into.length)
    for (const edge of into) {
      edges.push(edge)
      const targets = out.get(edge.from)
      if (targets) targets.push(edge.to)
      else out.set(edge.from, [edge.to])
    }
  }
  for (const [key, targets] of out)
    if (targets.length > limits.plan_fan_out_max)
      throw new PlanError(
        'too_wide',
        pathOf(taskRefs, key),
        `${targets.length} tasks depend on "${key}"; the limit is ${limits.plan_fan_out_max}.`,
      )
  return { edges, ...(yield* topologicalOrder(tasks, { out, waits, taskRefs })) }
}

function placesOf(tasks: readonly PlanTask[]): Map<string, number> {
  const taskRefs = new Map<string, number>()
  tasks.forEach(({ key }, index) => {
    if (taskRefs.has(key))
      throw new PlanError('duplicate_key', `plan.tasks[${index}].key`, `The key "${key}" is used twice in the plan.`)
    taskRefs.set(key, index)
  })
  return taskRefs
}

/** The edges that a task names, and those that its references imply. */
function edgesOf(task: PlanTask, index: number, taskRefs: ReadonlyMap<string, number>): PlanEdge[] {
  const edges = new Map<string, PlanEdge>()
  const add = (from: string, on_failure: FailurePolicy, path: string): void => {
    if (!taskRefs.has(from))
      throw new PlanError('unknown_key', path, `"${task.key}" depends on "${from}", which is not in the plan.`)
    if (from === task.key) throw new PlanError('cycle', path, `"${task.key}" depends on itself.`)
    if (!edges.has(from)) edges.set(from, { from, to: task.key, on_failure })
  }
  task.depends_on.forEach((dependency, taskRef) => {
    const path = `plan.tasks[${index}].depends_on[${taskRef}]`
    if (typeof dependency === 'string') add(dependency, task.on_failure, path)
    else add(dependency.key, dependency.on_failure ?? task.on_failure, path)
  })
  const path = `plan.tasks[${index}].input`
  for (const text of referencesIn(task.input)) addReference(text, path)
  if (task.for_each) addReference(task.for_each.$from, `plan.tasks[${index}].for_each`)
  task.writes?.forEach((write, taskRef) => {
    checkWrite(write.value, `plan.tasks[${index}].writes[${taskRef}].value`)
  })
  return [...edges.values()]

  function addReference(text: string, at: string): void {
    const reference = parseReference(text)
    if (!reference) throw new PlanError('reference', at, `"${text}" is not a reference of the form key.output.name[0].`)
    if (reference.key === 'goal') return
    if (reference.key === 'item' || reference.key === 'index') {
      if (!task.for_each) throw new PlanError('reference', at, `"${text}" can only be used inside for_each.`)
      return
    }
    if (reference.key === previous_word && task.repeat) return
    add(reference.key, task.on_failure, at)
  }
}

/** Values of operations come from the task's own output, item or index. */
function checkWrite(value: unknown, path: string): void {
  for (const text of referencesIn(value))
    if (!parseOwnReference(text))
      throw new PlanError('reference', path, `"${text}" must start with output: a task can only write its own output.`)
}

interface Graph {
  readonly out: ReadonlyMap<string, readonly string[]>
  readonly waits: Map<string, number>
  readonly taskRefs: ReadonlyMap<string, number>
}

/** Kahn's algorithm (1962), with the length of the longest chain to each task. */
function* topologicalOrder(
  tasks: readonly PlanTask[],
  { out, waits, taskRefs }: Graph,
): Steps<{ readonly order: string[]; readonly depth: number }> {
  const level = new Map<string, number>()
  const order: string[] = tasks.filter(({ key }) => waits.get(key) === 0).map(({ key }) => key)
  for (const key of order) level.set(key, 1)
  let depth = 1
  for (let at = 0; at < order.length; at += 1) {
    yield
    const key = order[at] ?? ''
    const next = (level.get(key) ?? 1) + 1
    for (const target of out.get(key) ?? []) {
      level.set(target, Math.max(level.get(target) ?? 0, next))
      const waitsLeft = (waits.get(target) ?? 0) - 1
      waits.set(target, waitsLeft)
      if (waitsLeft > 0) continue
      order.push(target)
      depth = Math.max(depth, level.get(target) ?? 1)
    }
  }
  if (order.length < tasks.length) {
    const cyclicTask = tasks.find(({ key }) => (waits.get(key) ?? 0) > 0)
    throw new PlanError(
      'cycle',
      pathOf(taskRefs, cyclicTask?.key ?? ''),
      `"${cyclicTask?.key}" depends on itself through other tasks.`,
    )
  }
  if (depth > limits.plan_depth_max)
    throw new PlanError(
      'too_deep',
      'plan.tasks',
      `The longest chain has ${depth} tasks; the limit is ${limits.plan_depth_max}.`,
    )
  return { order, depth }
}

const pathOf = (taskRefs: ReadonlyMap<string, number>, key: string): string => `plan.tasks[${taskRefs.get(key) ?? 0}]`
