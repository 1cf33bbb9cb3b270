import { describe, expect, it } from 'vitest'
import { type GraphEdge, type GraphNode, visibleGraph } from './visible-graph.ts'

const edge = (from: string, to: string): GraphEdge => ({ from, to, on_failure: 'fail' })

function expandedInto(children: number) {
  const inside = Array.from(
    { length: children },
    (_, at): GraphNode => ({
      id: `e${at}`,
      key: `each[${at}]`,
      parent_id: 'each',
    }),
  )
  const nodes: GraphNode[] = [{ id: 'read', key: 'read' }, { id: 'each', key: 'each' }, ...inside]
  return { nodes, edges: [edge('read', 'each'), ...inside.map(({ id }) => edge(id, 'each'))] }
}

const pairs = (edges: readonly GraphEdge[]): string[] => edges.map(({ from, to }) => `${from}>${to}`)

describe('visibleGraph', () => {
  it('shows few children, between what comes before and their parent', () => {
    const { nodes, edges } = visibleGraph(expandedInto(2), new Set())
    expect(nodes.map(({ id }) => id)).toEqual(['read', 'each', 'e0', 'e1'])
    expect(pairs(edges)).toEqual(['read>e0', 'read>e1', 'e0>each', 'e1>each'])
  })

  it('keeps many inside their parent until it is opened', () => {
    const graph = expandedInto(9)
    const collapsedGraph = visibleGraph(graph, new Set())
    expect(collapsedGraph.nodes).toHaveLength(2)
    expect(pairs(collapsedGraph.edges)).toEqual(['read>each'])
    expect(collapsedGraph.children.get('each')).toHaveLength(9)
    expect(visibleGraph(graph, new Set(['each'])).nodes).toHaveLength(11)
  })

  it('closes few children on request', () => {
    expect(visibleGraph(expandedInto(2), new Set(['each'])).nodes).toHaveLength(2)
  })
})
