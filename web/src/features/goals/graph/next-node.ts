import type { Positions } from './layout/use-layout.ts'
import type { GraphEdge } from './visible-graph.ts'

export type Direction = 'ArrowLeft' | 'ArrowRight' | 'ArrowUp' | 'ArrowDown'

/** Which node an arrow leads to: right and left along edges, up and down within the column; undefined where there is none. */
export function nextNode(from: string, direction: Direction, { edges, positions }: Drawn): string | undefined {
  const here = positions.get(from)
  if (here === undefined) return undefined
  const far = (id: string): number => Math.abs((positions.get(id)?.y ?? 0) - here.y)
  if (direction === 'ArrowRight' || direction === 'ArrowLeft') {
    const ahead = direction === 'ArrowRight'
    const linked = edges.flatMap((edge) =>
      ahead ? (edge.from === from ? [edge.to] : []) : edge.to === from ? [edge.from] : [],
    )
    return nearest(linked, far)
  }
  const column = [...positions.keys()].filter((id) => {
    const there = positions.get(id)
    if (there === undefined || Math.abs(there.x - here.x) > 1) return false
    return direction === 'ArrowDown' ? there.y > here.y : there.y < here.y
  })
  return nearest(column, far)
}

interface Drawn {
  readonly edges: readonly GraphEdge[]
  readonly positions: Positions
}

function nearest(ids: readonly string[], far: (id: string) => number): string | undefined {
  return ids.toSorted((one, other) => far(one) - far(other))[0]
}
