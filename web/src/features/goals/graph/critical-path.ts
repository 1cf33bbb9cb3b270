import { type GraphEdge, type GraphNode, wholeEdges } from './visible-graph.ts'

export interface TimedNode extends GraphNode {
  readonly started_at?: string | undefined
  readonly ended_at?: string | undefined
}

export interface CriticalPath {
  /** Tasks of the chain, first to last. */
  readonly ids: readonly string[]
  readonly duration_ms: number
}

/** What has not begun lasts no time; it still counts a little, so that of equal chains the longer one is found. */
const least_ms = 0.001

/**
 * The chain of tasks that takes longest: by what each took, or has been taking until `now_ms`. It is what a goal's end
 * waits for. Longest path in a directed acyclic graph, along a topological order (Kahn).
 */
export function criticalPath(
  graph: { readonly nodes: readonly TimedNode[]; readonly edges: readonly GraphEdge[] },
  now_ms: number,
): CriticalPath {
  const edges = wholeEdges(graph)
  const after = grouped(edges)
  const openDependencies = new Map<string, number>()
  for (const { to } of edges) openDependencies.set(to, (openDependencies.get(to) ?? 0) + 1)
  const takes = new Map(graph.nodes.map((node) => [node.id, durationOf(node, now_ms)]))
  const best = new Map<string, { readonly ms: number; readonly from: string | undefined }>()
  const queue = graph.nodes.filter(({ id }) => !openDependencies.has(id)).map(({ id }) => id)
  for (const id of queue) best.set(id, { ms: takes.get(id) ?? 0, from: undefined })
  for (let at = 0; at < queue.length; at++) {
    const id = queue[at] as string
    const until = best.get(id)?.ms ?? 0
    for (const to of after.get(id) ?? []) {
      const ms = until + (takes.get(to) ?? 0)
      if (ms > (best.get(to)?.ms ?? -1)) best.set(to, { ms, from: id })
      const remaining = (openDependencies.get(to) ?? 1) - 1
      openDependencies.set(to, remaining)
      if (remaining === 0) queue.push(to)
    }
  }
  return traced(best)
}

function durationOf({ started_at, ended_at }: TimedNode, now_ms: number): number {
  if (started_at === undefined) return least_ms
  return Math.max(0, (ended_at === undefined ? now_ms : Date.parse(ended_at)) - Date.parse(started_at)) + least_ms
}

function grouped(edges: readonly GraphEdge[]): ReadonlyMap<string, readonly string[]> {
  const after = new Map<string, string[]>()
  for (const { from, to } of edges) {
    const list = after.get(from)
    if (list) list.push(to)
    else after.set(from, [to])
  }
  return after
}

function traced(best: ReadonlyMap<string, { readonly ms: number; readonly from: string | undefined }>): CriticalPath {
  let last: string | undefined
  for (const [id, { ms }] of best) if (last === undefined || ms > (best.get(last)?.ms ?? 0)) last = id
  const duration_ms = Math.round(last === undefined ? 0 : (best.get(last)?.ms ?? 0))
  const ids: string[] = []
  for (let id = last; id !== undefined; id = best.get(id)?.from) ids.unshift(id)
  return { ids, duration_ms }
}
