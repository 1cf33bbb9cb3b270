import dagre from '@dagrejs/dagre'

export interface LayoutInput {
  readonly ids: readonly string[]
  /** Indexes into `ids`. */
  readonly edges: readonly (readonly [from: number, to: number])[]
}

export interface Position {
  readonly x: number
  readonly y: number
}

export const node_width = 236
export const node_height = 84
const column_gap = 60
const row_gap = 18
/** Beyond this the careful layout takes too long even beside the page. */
const careful_nodes_max = 1_200

/** Where each task stands, left to right by what it waits for; in the order of `ids`. */
export function layOut(input: LayoutInput): readonly Position[] {
  return input.ids.length > careful_nodes_max ? byLayers(input) : byDagre(input)
}

/** Sugiyama’s layered drawing, as dagre does it: few crossings, short edges. */
function byDagre({ ids, edges }: LayoutInput): readonly Position[] {
  const graph = new dagre.graphlib.Graph()
  graph.setGraph({ rankdir: 'LR', ranksep: column_gap, nodesep: row_gap, edgesep: row_gap / 2 })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const at of ids.keys()) graph.setNode(String(at), { width: node_width, height: node_height })
  for (const [from, to] of edges) graph.setEdge(String(from), String(to))
  dagre.layout(graph)
  return ids.map((_, at) => {
    const { x, y } = graph.node(String(at)) as Position
    return { x: x - node_width / 2, y: y - node_height / 2 }
  })
}

/** Columns by the longest way from the start, each in the order of what it hangs on. In linear time, for very large plans. */
function byLayers({ ids, edges }: LayoutInput): readonly Position[] {
  const before = ids.map((): number[] => [])
  const after = ids.map((): number[] => [])
  for (const [from, to] of edges) {
    before[to]?.push(from)
    after[from]?.push(to)
  }
  const openDependencies = before.map((list) => list.length)
  const layer = ids.map(() => 0)
  const queue = [...ids.keys()].filter((at) => openDependencies[at] === 0)
  for (let head = 0; head < queue.length; head++) {
    const at = queue[head] as number
    for (const to of after[at] ?? []) {
      layer[to] = Math.max(layer[to] ?? 0, (layer[at] ?? 0) + 1)
      openDependencies[to] = (openDependencies[to] ?? 1) - 1
      if (openDependencies[to] === 0) queue.push(to)
    }
  }
  return placed({ layer, before })
}

function placed({ layer, before }: { readonly layer: readonly number[]; readonly before: readonly number[][] }) {
  const columns = Array.from(
    { length: layer.reduce((most, column) => Math.max(most, column + 1), 0) },
    (): number[] => [],
  )
  for (const [at, column] of layer.entries()) columns[column]?.push(at)
  const row = layer.map(() => 0)
  for (const column of columns) {
    const middle = (at: number): number => {
      const list = before[at] ?? []
      return list.length === 0 ? at : list.reduce((sum, from) => sum + (row[from] ?? 0), 0) / list.length
    }
    const ordered = column.map((at) => ({ at, by: middle(at) })).sort((one, other) => one.by - other.by)
    for (const [place, { at }] of ordered.entries()) row[at] = place - ordered.length / 2
  }
  return layer.map((column, at) => ({
    x: column * (node_width + column_gap),
    y: (row[at] ?? 0) * (node_height + row_gap),
  }))
}
