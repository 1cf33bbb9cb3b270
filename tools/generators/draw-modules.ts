import { type ModuleEdge, moduleGraph } from '../sources/module-edges.ts'
import { moduleOrder } from '../sources/module-order.ts'

/** The module graph as a Mermaid drawing, with all kinds of edges and their counts, and the list of extension points. */
export function drawModules(root: string): string[] {
  const { problems } = moduleOrder(root)
  if (problems.length > 0) throw new Error(`the modules cannot be drawn: ${problems.join('; ')}`)
  const { order, edges, points } = moduleGraph(root)
  const pairs = order.flatMap((from) =>
    order.flatMap((to) => {
      const between = edges.filter((edge) => edge.from === from && edge.to === to)
      return between.length === 0 ? [] : [{ from, to, between }]
    }),
  )
  return [
    `In the order of \`server/src/app/modules.ts\`: ${order.join(', ')}.`,
    '',
    'An arrow leads from a module to the earlier one that it depends on: it imports its port (dotted where only types), reads',
    'its SQL views (`v`, with their number), or fills its extension points (`x`, with their number).',
    '',
    '```mermaid',
    'graph BT',
    ...order.map((name) => `  ${name}`),
    ...pairs.map(({ from, to, between }) => arrow(from, to, between)),
    '```',
    '',
    `Import edges: ${countPairs(pairs, ['types', 'values'])}. SQL edges: ${countPairs(pairs, ['view'])}, over ${distinct(edges, 'view')} views. Extension edges: ${countPairs(pairs, ['extension'])}, over ${points.length} extension points.`,
    '',
    '## Extension points',
    '',
    '| point | filled by | read in |',
    '| --- | --- | --- |',
    ...points.map(
      ({ name, fillers, readers }) =>
        `| \`${name}\` | ${fillers.join(', ')} | ${readers.map((path) => `\`${path}\``).join(', ')} |`,
    ),
  ]
}

interface Pair {
  readonly from: string
  readonly to: string
  readonly between: readonly ModuleEdge[]
}

function arrow(from: string, to: string, between: readonly ModuleEdge[]): string {
  const line = between.some(({ kind }) => kind === 'values' || kind === 'view' || kind === 'extension') ? '-->' : '-.->'
  const views = distinct(between, 'view')
  const extensions = distinct(between, 'extension')
  const label = [views > 0 ? `v${views}` : '', extensions > 0 ? `x${extensions}` : ''].filter(Boolean).join(' ')
  return label === '' ? `  ${from} ${line} ${to}` : `  ${from} ${line}|${label}| ${to}`
}

function distinct(edges: readonly ModuleEdge[], kind: ModuleEdge['kind']): number {
  return new Set(edges.filter((edge) => edge.kind === kind).map(({ name }) => name)).size
}

function countPairs(pairs: readonly Pair[], kinds: readonly ModuleEdge['kind'][]): number {
  return pairs.filter(({ between }) => between.some(({ kind }) => kinds.includes(kind))).length
}
