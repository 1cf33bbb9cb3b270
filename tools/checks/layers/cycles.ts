import type { SourceFile } from '../../sources/source-files.ts'

/** Every knot of files that import each other, type imports counted, as one line that names its files. */
export function findCycles(sources: readonly SourceFile[]): string[] {
  const known = new Set(sources.map(({ path }) => path))
  const edges = new Map(
    sources.map(({ path, mentions }) => [
      path,
      mentions.flatMap(({ file }) => (file && known.has(file) ? [file] : [])),
    ]),
  )
  return knots(edges).map((files) => `${files[0]}:1: a cycle of imports: ${files.join(', ')}`)
}

/** Tarjan's strongly connected components (1972), those of more than one file or with an edge to itself. */
export function knots(edges: ReadonlyMap<string, readonly string[]>): string[][] {
  const found: string[][] = []
  const index = new Map<string, number>()
  const low = new Map<string, number>()
  const stack: string[] = []
  const onStack = new Set<string>()

  const visit = (node: string): number => {
    const mine = index.size
    index.set(node, mine)
    low.set(node, mine)
    stack.push(node)
    onStack.add(node)
    for (const next of edges.get(node) ?? []) {
      const seen = index.get(next)
      if (seen === undefined) low.set(node, Math.min(low.get(node) ?? mine, visit(next)))
      else if (onStack.has(next)) low.set(node, Math.min(low.get(node) ?? mine, seen))
    }
    if (low.get(node) === mine) {
      const component = stack.splice(stack.indexOf(node))
      for (const member of component) onStack.delete(member)
      if (component.length > 1 || edges.get(node)?.includes(node)) found.push(component.sort())
    }
    return low.get(node) ?? mine
  }

  for (const node of edges.keys()) if (!index.has(node)) visit(node)
  return found
}
