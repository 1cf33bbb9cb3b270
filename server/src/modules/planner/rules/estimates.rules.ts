/** Estimates of a plan before it runs: pure, linear in tasks and edges. */
import type { PlanTask } from '@muster/contract/planner/tasks/task-definitions'
import type { PlanGraph } from './graph.rules.ts'

export interface Estimates {
  readonly tasks: number
  readonly depth: number
  readonly cost_micro_usd: number
  readonly tokens: number
  readonly duration_ms?: number
}

/**
 * Costs are the sums of the tasks' budgets. The duration is that of the longest chain by median times of past runs;
 * absent where a capability has no median.
 */
export function estimatesOf(
  tasks: readonly PlanTask[],
  graph: PlanGraph,
  medians: ReadonlyMap<string, number>,
): Estimates {
  const sum = (of: (task: PlanTask) => number): number =>
    Math.min(
      Number.MAX_SAFE_INTEGER,
      tasks.reduce((total, task) => total + of(task), 0),
    )
  const duration_ms = longestMs(tasks, graph, medians)
  return {
    tasks: tasks.length,
    depth: graph.depth,
    cost_micro_usd: sum(({ budget }) => budget?.cost_micro_usd ?? 0),
    tokens: sum(({ budget }) => budget?.tokens ?? 0),
    ...(duration_ms !== undefined && { duration_ms }),
  }
}

function longestMs(
  tasks: readonly PlanTask[],
  { edges, order }: PlanGraph,
  medians: ReadonlyMap<string, number>,
): number | undefined {
  const own = new Map<string, number>()
  for (const { key, capability } of tasks) {
    const median = medians.get(capability)
    if (median === undefined) return undefined
    own.set(key, median)
  }
  const out = new Map<string, string[]>()
  for (const { from, to } of edges) {
    const targets = out.get(from)
    if (targets) targets.push(to)
    else out.set(from, [to])
  }
  const begins = new Map<string, number>()
  let longest = 0
  for (const key of order) {
    const ends = (begins.get(key) ?? 0) + (own.get(key) ?? 0)
    longest = Math.max(longest, ends)
    for (const target of out.get(key) ?? []) begins.set(target, Math.max(begins.get(target) ?? 0, ends))
  }
  return Math.round(longest)
}
