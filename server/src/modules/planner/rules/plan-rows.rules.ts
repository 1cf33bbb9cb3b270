/** Turns a checked plan into rows: pure. */

import { referencesIn } from '@muster/contract/planner/plans/references'
import type { PlanTask, Priority } from '@muster/contract/planner/tasks/task-definitions'
import { atOnce, type Steps } from '../../../platform/concurrency/steps.ts'
import type { TaskSpec } from '../planner.port.ts'
import type { NewEdge, NewTask } from '../planner.types.ts'
import type { PlanGraph } from './graph.rules.ts'
import { priority_ranks } from './planner.rules.ts'

export interface RowOptions {
  readonly priority: Priority
  /** Capabilities that a person approves before their run, by policy. */
  readonly approve_before: readonly string[]
  /** Agent names of the plan and their ids. */
  readonly agents: ReadonlyMap<string, string>
  readonly ids: ReadonlyMap<string, string>
}

export interface PlanRows {
  readonly tasks: readonly NewTask[]
  readonly edges: readonly NewEdge[]
}

export function rowsOf(plan: readonly PlanTask[], graph: PlanGraph, options: RowOptions): PlanRows {
  return atOnce(rowSteps(plan, graph, options))
}

/** The same in steps of one task, for plans of any size. */
export function* rowSteps(plan: readonly PlanTask[], graph: PlanGraph, options: RowOptions): Steps<PlanRows> {
  const { ids } = options
  const waits = new Map<string, number>()
  const continuingKeys = new Set<string>()
  const edges: NewEdge[] = []
  for (const { from, to, on_failure } of graph.edges) {
    yield
    waits.set(to, (waits.get(to) ?? 0) + 1)
    if (on_failure === 'continue' || on_failure === 'ask') continuingKeys.add(to)
    edges.push({ from_id: ids.get(from) ?? '', to_id: ids.get(to) ?? '', on_failure })
  }
  const tasks: NewTask[] = []
  for (const task of plan) {
    yield
    tasks.push({
      id: ids.get(task.key) ?? '',
      key: task.key,
      title: task.title ?? task.key,
      capability: task.capability,
      agent_id: task.agent_id ? (options.agents.get(task.agent_id) ?? null) : null,
      priority: priority_ranks[task.priority ?? options.priority],
      cost_micro_usd: task.budget?.cost_micro_usd ?? 0,
      tokens: task.budget?.tokens ?? 0,
      timeout_ms: task.timeout_ms,
      attempts_max: task.attempts_max,
      input: JSON.stringify(task.input),
      spec: JSON.stringify({
        ...specOf(task, options.agents),
        ...(continuingKeys.has(task.key) && { continues: true }),
      }),
      step: stepOf(task, options.approve_before),
      waits_on: waits.get(task.key) ?? 0,
      parent_id: null,
      item_index: null,
      retry_of: null,
    })
  }
  return { tasks, edges }
}

/** The text of a plan as it is kept. */
export function* planText(tasks: readonly PlanTask[]): Steps<string> {
  const texts: string[] = []
  for (const task of tasks) {
    yield
    texts.push(JSON.stringify(task))
  }
  return `{"tasks":[${texts.join(',')}]}`
}

/**
 * Only fields that differ from the defaults: a plain task's spec is `{}`. Agents are named by their ids, since the
 * claim and the commit look documents up by these.
 */
export function specOf(
  task: Omit<PlanTask, 'key' | 'depends_on' | 'on_failure'>,
  agents: ReadonlyMap<string, string>,
): TaskSpec {
  const byId = <Ref extends { readonly agent_id?: string | undefined }>(ref: Ref): Ref =>
    ref.agent_id === undefined ? ref : { ...ref, agent_id: agents.get(ref.agent_id) ?? ref.agent_id }
  const reads = task.reads.map((readInput) => (typeof readInput === 'string' ? readInput : byId(readInput)))
  return {
    ...(reads.length > 0 && { reads }),
    ...(task.writes && { writes: task.writes.map(byId) }),
    ...(task.output_schema && { output_schema: task.output_schema }),
    ...(task.checks.length > 0 && { checks: task.checks }),
    ...(task.approval !== 'none' && { approval: task.approval }),
    ...(task.for_each && { for_each: task.for_each }),
    ...(task.repeat && { repeat: task.repeat }),
    ...(referencesIn(task.input).length > 0 && { refers: true as const }),
  }
}

function stepOf(task: PlanTask, approve_before: readonly string[]): NewTask['step'] {
  if (task.approval === 'before' || approve_before.includes(task.capability)) return 'approve'
  return task.for_each || task.repeat ? 'expand' : 'run'
}
