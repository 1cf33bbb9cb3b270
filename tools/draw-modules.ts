import { moduleOrder } from './module-order.ts'
import { isTest, readSources } from './source-files.ts'

const modulesFolder = 'server/src/modules'

/** The module graph as a Mermaid drawing: an arrow leads from a module to the earlier one whose port it imports. */
export function drawModules(root: string): string[] {
  const { order, problems } = moduleOrder(root)
  if (problems.length > 0) throw new Error(`the modules cannot be drawn: ${problems.join('; ')}`)
  const uses = usesBetweenModules(root)
  const arrows = order.flatMap((from) =>
    order.flatMap((to) => {
      const use = uses.get(`${from} ${to}`)
      return use ? [`  ${from} ${use === 'types' ? '-.->' : '-->'} ${to}`] : []
    }),
  )
  return [
    `In the order of \`server/src/app/modules.ts\`: ${order.join(', ')}.`,
    '',
    'An arrow leads to the module whose port is imported; a dotted one where only types are.',
    '',
    '```mermaid',
    'graph BT',
    ...order.map((name) => `  ${name}`),
    ...arrows,
    '```',
  ]
}

function usesBetweenModules(root: string): Map<string, 'types' | 'values'> {
  const uses = new Map<string, 'types' | 'values'>()
  for (const { path, mentions } of readSources(root, [modulesFolder])) {
    if (isTest(path)) continue
    for (const { file, is_type_only } of mentions) {
      const from = moduleOf(path)
      const to = moduleOf(file ?? '')
      if (!from || !to || from === to) continue
      const key = `${from} ${to}`
      if (!is_type_only || !uses.has(key)) uses.set(key, is_type_only ? 'types' : 'values')
    }
  }
  return uses
}

function moduleOf(path: string): string | undefined {
  return path.startsWith(`${modulesFolder}/`) ? path.slice(modulesFolder.length + 1).split('/')[0] : undefined
}
