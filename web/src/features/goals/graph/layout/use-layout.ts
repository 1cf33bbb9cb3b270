import { useEffect, useMemo, useState } from 'react'
import type { GraphEdge, GraphNode } from '../visible-graph.ts'
import { type LayoutInput, layOut, type Position } from './layout.ts'

export type Positions = ReadonlyMap<string, Position>

/** Up to this many nodes are laid out at once, before the next frame; more beside the page. */
const at_once_max = 150

/** Where the nodes stand. It is worked out anew only where nodes or edges come or go; meanwhile the last one stands. */
export function useLayout(nodes: readonly GraphNode[], edges: readonly GraphEdge[]): Positions | undefined {
  const signature = `${nodes.map(({ id }) => id).join()} ${edges.map(({ from, to }) => `${from}>${to}`).join()}`
  // biome-ignore lint/correctness/useExhaustiveDependencies: the signature says all of the nodes and edges that counts here
  const input = useMemo(() => inputOf(nodes, edges), [signature])
  const small = useMemo(
    () => (input.ids.length <= at_once_max ? positionsOf(input, layOut(input)) : undefined),
    [input],
  )
  const [large, setLarge] = useState<Positions>()
  useEffect(() => {
    if (small !== undefined) return
    const worker = new Worker(new URL('./layout.worker.ts', import.meta.url), { type: 'module' })
    worker.addEventListener('message', ({ data }: MessageEvent<readonly Position[]>) => {
      setLarge(positionsOf(input, data))
      worker.terminate()
    })
    worker.postMessage(input)
    return () => worker.terminate()
  }, [input, small])
  return small ?? large
}

function inputOf(nodes: readonly GraphNode[], edges: readonly GraphEdge[]): LayoutInput {
  const place = new Map(nodes.map(({ id }, at) => [id, at]))
  return {
    ids: nodes.map(({ id }) => id),
    edges: edges.flatMap(({ from, to }): (readonly [number, number])[] => {
      const [one, other] = [place.get(from), place.get(to)]
      return one === undefined || other === undefined ? [] : [[one, other]]
    }),
  }
}

function positionsOf({ ids }: LayoutInput, places: readonly Position[]): Positions {
  return new Map(ids.flatMap((id, at) => (places[at] === undefined ? [] : [[id, places[at]]])))
}
