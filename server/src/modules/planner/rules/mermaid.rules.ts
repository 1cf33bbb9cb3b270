/** Draws a goal's graph: pure. */

/** The graph as a Mermaid flowchart; titles are quoted so that nothing in them is read as markup. */
export function mermaidOf(
  nodes: readonly { readonly id: string; readonly key: string; readonly status: string }[],
  edges: readonly { readonly from: string; readonly to: string }[],
): string {
  const names = new Map(nodes.map((node, index) => [node.id, `t${index}`]))
  const quote = (text: string): string => `"${text.replace(/["<>&#;`\n]/g, ' ')}"`
  const lines = nodes.map((node) => `  ${names.get(node.id)}[${quote(`${node.key}: ${node.status}`)}]`)
  const arrows = edges.flatMap(({ from, to }) =>
    names.has(from) && names.has(to) ? [`  ${names.get(from)} --> ${names.get(to)}`] : [],
  )
  return ['flowchart TD', ...lines, ...arrows].join('\n')
}
