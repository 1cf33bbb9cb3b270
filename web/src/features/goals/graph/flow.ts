import type { GoalNode } from '@muster/contract/planner/goals/goal-graph'
import { type Edge, Position } from '@xyflow/react'
import { node_height, node_width } from './layout/layout.ts'
import type { Positions } from './layout/use-layout.ts'
import type { TaskFlowNode, TaskNodeData } from './task-node.tsx'
import { ownTitle, type VisibleGraph } from './visible-graph.ts'

/** More moving edges than this tell nothing any more, and cost the page its calm. */
const animated_max = 40

export interface Drawn {
  readonly graph: VisibleGraph<GoalNode>
  readonly positions: Positions
  readonly critical: ReadonlySet<string>
  readonly selected: string | undefined
  readonly stop: string | undefined
}

/** Makes nodes for the canvas. What has not changed since the last time is the same object, so it is not drawn again. */
export function createNodeMaker(): (graphView: Drawn) => TaskFlowNode[] {
  let before = new Map<string, TaskFlowNode>()
  return ({ graph, positions, critical, selected, stop }) => {
    const now = new Map<string, TaskFlowNode>()
    const titles = new Map<string, string>(graph.nodes.map(({ id, title }) => [id, title]))
    for (const task of graph.nodes) {
      const position = positions.get(task.id)
      if (position === undefined) continue
      const inside = graph.children.get(task.id) ?? []
      const data: TaskNodeData = {
        task,
        title: ownTitle(task.title, titles.get(task.parent_id ?? '')),
        children: inside.length,
        children_done: inside.filter(({ status }) => status === 'done').length,
        open: graph.open.has(task.id),
        selected: task.id === selected,
        critical: critical.has(task.id),
        is_stop: task.id === stop,
      }
      const old = before.get(task.id)
      const isSame = old !== undefined && old.position === position && sameFields(old.data, data)
      now.set(task.id, isSame ? old : nodeOf(task.id, position, data))
    }
    before = now
    return [...now.values()]
  }
}

function nodeOf(id: string, position: { readonly x: number; readonly y: number }, data: TaskNodeData): TaskFlowNode {
  const size = { width: node_width, height: node_height }
  const middle = { y: node_height / 2, width: 1, height: 1 }
  // With its size and handles given, a node out of view needs not be measured for its edges to be drawn.
  return {
    id,
    type: 'task',
    position,
    data,
    ...size,
    measured: size,
    handles: [
      { type: 'target', position: Position.Left, x: 0, ...middle },
      { type: 'source', position: Position.Right, x: node_width, ...middle },
    ],
  }
}

/** The same for edges: dashed where the next task goes on in spite of a failure, moving where it runs just now. */
export function createEdgeMaker(): (graphView: Drawn & { readonly still: boolean }) => Edge[] {
  let before = new Map<string, Edge>()
  return ({ graph, positions, critical, still }) => {
    const statusOf = new Map<string, string>(graph.nodes.map(({ id, status }) => [id, status]))
    const now = new Map<string, Edge>()
    let moving = 0
    for (const { from, to, on_failure } of graph.edges) {
      if (!positions.has(from) || !positions.has(to)) continue
      const id = `${from}>${to}`
      const runs = statusOf.get(to) === 'running' && !still && moving < animated_max
      if (runs) moving += 1
      const className = [
        on_failure === 'continue' || on_failure === 'skip' ? 'is-lenient' : '',
        critical.has(from) && critical.has(to) ? 'is-critical' : '',
      ].join(' ')
      const old = before.get(id)
      const isSame = old !== undefined && old.animated === runs && old.className === className
      now.set(id, isSame ? old : { id, source: from, target: to, animated: runs, className, focusable: false })
    }
    before = now
    return [...now.values()]
  }
}

function sameFields(one: TaskNodeData, other: TaskNodeData): boolean {
  return Object.keys(other).every((name) => one[name] === other[name])
}
