import { describe, expect, it } from 'vitest'
import { criticalPath, type TimedNode } from './critical-path.ts'
import type { GraphEdge } from './visible-graph.ts'

const start = Date.parse('2030-01-01T00:00:00Z')
const at = (s: number): string => new Date(start + s * 1000).toISOString()
const took = (id: string, from: number, to?: number): TimedNode => ({
  id,
  key: id,
  started_at: at(from),
  ...(to === undefined ? {} : { ended_at: at(to) }),
})
const edge = (from: string, to: string): GraphEdge => ({ from, to, on_failure: 'fail' })

describe('criticalPath', () => {
  it('follows what took longest, not what has most tasks', () => {
    const nodes = [took('a', 0, 1), took('b', 1, 2), took('c', 2, 3), took('slow', 1, 30), took('end', 30, 31)]
    const edges = [edge('a', 'b'), edge('b', 'c'), edge('c', 'end'), edge('a', 'slow'), edge('slow', 'end')]
    expect(criticalPath({ nodes, edges }, start)).toEqual({ ids: ['a', 'slow', 'end'], duration_ms: 31_000 })
  })

  it('counts what runs until now', () => {
    const nodes = [took('a', 0, 5), took('b', 0)]
    expect(criticalPath({ nodes, edges: [] }, start + 9_000)).toEqual({ ids: ['b'], duration_ms: 9_000 })
  })

  it('takes the longest chain where nothing has begun', () => {
    const nodes = ['a', 'b', 'c', 'd'].map((id) => ({ id, key: id }))
    const edges = [edge('a', 'd'), edge('a', 'b'), edge('b', 'c')]
    expect(criticalPath({ nodes, edges }, start)).toEqual({ ids: ['a', 'b', 'c'], duration_ms: 0 })
  })

  it('goes through the children of an expanded task to what came before it', () => {
    const nodes = [
      took('read', 0, 4),
      { id: 'each', key: 'each' },
      { ...took('e0', 4, 5), parent_id: 'each' },
      { ...took('e1', 4, 9), parent_id: 'each' },
    ]
    const edges = [edge('read', 'each'), edge('e0', 'each'), edge('e1', 'each')]
    expect(criticalPath({ nodes, edges }, start).ids).toEqual(['read', 'e1', 'each'])
  })

  it('is empty for an empty graph', () => {
    expect(criticalPath({ nodes: [], edges: [] }, start)).toEqual({ ids: [], duration_ms: 0 })
  })
})
