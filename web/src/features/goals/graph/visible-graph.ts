import type { FailurePolicy } from '@muster/contract/planner/tasks/task-definitions'

export interface GraphNode {
  readonly id: string
  readonly key: string
  readonly parent_id?: string | undefined
}

export interface GraphEdge {
  readonly from: string
  readonly to: string
  readonly on_failure: FailurePolicy
}

/** Children up to this many are shown at once; more stay inside their parent until it is opened. */
export const open_children_max = 8

export interface VisibleGraph<Node extends GraphNode> {
  readonly nodes: readonly Node[]
  readonly edges: readonly GraphEdge[]
  /** The children of each task that has some, open or not. */
  readonly children: ReadonlyMap<string, readonly Node[]>
  readonly open: ReadonlySet<string>
}

/**
 * What is drawn. A `for_each` task waits for its children, and they for what it waits for; so an open one stands behind
 * its children, and what comes before it leads to them. `toggled` names, by key, those that stand other than by default.
 */
export function visibleGraph<Node extends GraphNode>(
  graph: { readonly nodes: readonly Node[]; readonly edges: readonly GraphEdge[] },
  toggled: ReadonlySet<string>,
): VisibleGraph<Node> {
  const children = childrenOf(graph.nodes)
  const parents = graph.nodes.filter(({ id }) => children.has(id))
  const open = new Set(
    parents
      .filter(({ id, key }) => (children.get(id)?.length ?? 0) <= open_children_max !== toggled.has(key))
      .map(({ id }) => id),
  )
  const nodes = graph.nodes.filter(({ parent_id }) => parent_id === undefined || open.has(parent_id))
  const visibleIds = new Set(nodes.map(({ id }) => id))
  const edges = wholeEdges(graph, (id) => open.has(id)).filter(
    ({ from, to }) => visibleIds.has(from) && visibleIds.has(to),
  )
  return { nodes, edges, children, open }
}

/** The edges with those that an expansion implies, for every task that `isOpen`. */
export function wholeEdges(
  graph: { readonly nodes: readonly GraphNode[]; readonly edges: readonly GraphEdge[] },
  isOpen: (id: string) => boolean = () => true,
): readonly GraphEdge[] {
  const children = childrenOf(graph.nodes)
  const parentOf = new Map(graph.nodes.map(({ id, parent_id }) => [id, parent_id]))
  return graph.edges.flatMap((edge) => {
    const inside = children.get(edge.to)
    if (inside === undefined || !isOpen(edge.to) || parentOf.get(edge.from) === edge.to) return [edge]
    return inside.map((child) => ({ ...edge, to: child.id }))
  })
}

/** What a child's title says that its parent's does not: `Read: notes.md` below `Read` is `notes.md`. */
export function ownTitle(title: string, of_parent: string | undefined): string {
  return of_parent !== undefined && title.startsWith(`${of_parent}: `) ? title.slice(of_parent.length + 2) : title
}

function childrenOf<Node extends GraphNode>(nodes: readonly Node[]): ReadonlyMap<string, readonly Node[]> {
  const children = new Map<string, Node[]>()
  for (const node of nodes) {
    if (node.parent_id === undefined) continue
    const list = children.get(node.parent_id)
    if (list) list.push(node)
    else children.set(node.parent_id, [node])
  }
  return children
}
