// The layers of the page: which folder of web/src may mention which, and where its libraries belong.
import type { Mention } from './source-files.ts'

/** From the ground up: each layer may import those before it, and itself. */
const layers = ['ui', 'api', 'providers', 'components', 'features', 'app'] as const
type Layer = (typeof layers)[number]

/** Libraries that a layer may not use, however handy: `ui/` knows no router and no query, `api/` no router. */
const forbidden: Readonly<Partial<Record<Layer, readonly string[]>>> = {
  ui: ['@tanstack/react-router', '@tanstack/react-query'],
  api: ['@tanstack/react-router'],
}

/** What is wrong with a mention in a file of the page, or undefined. */
export function webProblem(path: string, { file, package: name, specifier }: Mention): string | undefined {
  const own = layerOf(path)
  if (name?.startsWith('node:')) return `imports ${name}; the page runs in a browser`
  if (name !== undefined)
    return own !== undefined && forbidden[own]?.includes(name) ? `imports ${name}; ${own}/ does without` : undefined
  if (file === undefined || file.startsWith('contract/') || file.startsWith('sdk/src/')) return undefined
  if (!file.startsWith('web/src/')) return `imports ${specifier}; the page speaks to the server through its API alone`
  const other = layerOf(file)
  if (own === undefined || other === undefined) return undefined
  if (layers.indexOf(other) > layers.indexOf(own)) return `imports ${file}; ${own}/ stands below ${other}/`
  const [feature, otherFeature] = [featureOf(path), featureOf(file)]
  if (own === 'features' && other === 'features' && feature !== otherFeature)
    return `imports ${file}; features do not know each other, what they share stands in parts/`
  return undefined
}

function layerOf(path: string): Layer | undefined {
  const folder = path.split('/')[2]
  return layers.find((layer) => layer === folder)
}

function featureOf(path: string): string | undefined {
  return path.split('/')[3]
}
