// The rules of the page: which folder of web/src may import which, where its libraries belong, and that a feature
// declares its routes and its navigation in its manifest and nowhere else.
import ts from 'typescript'
import { lineOf, type Mention, type SourceFile } from '../../sources/source-files.ts'

/** From the ground up: each layer may import those before it, and itself. */
const layers = ['ui', 'api', 'providers', 'components', 'features', 'app'] as const
type Layer = (typeof layers)[number]

/** Libraries that a layer may not use, however handy: `ui/` knows no router and no query, `api/` no router. */
const forbidden: Readonly<Partial<Record<Layer, readonly string[]>>> = {
  ui: ['@tanstack/react-router', '@tanstack/react-query'],
  api: ['@tanstack/react-router'],
}

const source_folder = 'web/src/'
const feature_list = 'web/src/app/features.ts'
const root_route = 'web/src/providers/root-route.ts'
/** What declares routes; the root route alone is declared elsewhere. */
const route_builders: ReadonlySet<string> = new Set(['createRoute', 'lazyRouteComponent', 'createLazyRoute'])

/** What is wrong with a mention in a file of the page, or undefined. */
export function webProblem(path: string, { file, package: name, specifier }: Mention): string | undefined {
  const own = layerOf(path)
  if (name?.startsWith('node:')) return `imports ${name}; the page runs in a browser`
  if (name !== undefined)
    return own !== undefined && forbidden[own]?.includes(name) ? `imports ${name}; ${own}/ does without` : undefined
  if (file === undefined || file.startsWith('contract/') || file.startsWith('sdk/src/')) return undefined
  if (!file.startsWith(source_folder))
    return `imports ${specifier}; the page speaks to the server through its API alone`
  const other = layerOf(file)
  if (own === undefined || other === undefined) return undefined
  if (layers.indexOf(other) > layers.indexOf(own)) return `imports ${file}; ${own}/ stands below ${other}/`
  const [feature, otherFeature] = [featureOf(path), featureOf(file)]
  if (own === 'features' && other === 'features' && feature !== otherFeature)
    return `imports ${file}; features do not know each other, what they share stands in components/`
  if (other === 'features' && isManifest(file) && path !== feature_list)
    return `imports ${file}; only ${feature_list} reads manifests`
  if (own === 'app' && other === 'features' && !isManifest(file))
    return `imports ${file}; app/ knows a feature by its manifest alone`
  return undefined
}

/** Every breach of the manifests' rules, as `path:line: what is wrong`. */
export function manifestProblems(sources: readonly SourceFile[]): string[] {
  const page = sources.filter(({ path }) => path.startsWith(source_folder))
  return [...page.flatMap(fileProblems), ...listProblems(page)]
}

function fileProblems(source: SourceFile): string[] {
  const { path, tree } = source
  const problems: string[] = []
  const report = (node: ts.Node, problem: string) => problems.push(`${path}:${lineOf(tree, node)}: ${problem}`)
  const visit = (node: ts.Node): void => {
    const problem = nodeProblem(path, node)
    if (problem !== undefined) report(node, problem)
    ts.forEachChild(node, visit)
  }
  visit(tree)
  return problems
}

function nodeProblem(path: string, node: ts.Node): string | undefined {
  if (ts.isImportSpecifier(node)) {
    const name = (node.propertyName ?? node.name).text
    if (route_builders.has(name) && !isManifest(path))
      return `uses ${name}; routes are declared in <feature>.feature.tsx`
    if (name === 'createRootRoute' && path !== root_route) return `uses ${name}; ${root_route} has the one root route`
    if (
      /^(FeatureManifest|NavigationEntry|FeatureCommand)$/.test(name) &&
      layerOf(path) === 'features' &&
      !isManifest(path)
    )
      return `uses ${name}; a feature has one manifest, <feature>.feature.tsx`
  }
  if (isManifest(path) && ts.isImportDeclaration(node) && loadsOwnFile(node))
    return 'imports a file of its feature at once; a manifest loads them with import(), so that the first load stays small'
  if (layerOf(path) === 'app' && ts.isStringLiteralLike(node) && /^\/[a-z$]/.test(node.text))
    return `names the path ${node.text}; only its feature's manifest does`
  return undefined
}

function loadsOwnFile({ moduleSpecifier, importClause }: ts.ImportDeclaration): boolean {
  const isTypeOnly = importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword
  return !isTypeOnly && ts.isStringLiteral(moduleSpecifier) && moduleSpecifier.text.startsWith('./')
}

/** Every folder of `features/` has its manifest, and the list names all of them. */
function listProblems(page: readonly SourceFile[]): string[] {
  const listed = new Set(page.find(({ path }) => path === feature_list)?.mentions.map(({ file }) => file))
  const features = new Set(page.flatMap(({ path }) => (layerOf(path) === 'features' ? [featureOf(path) ?? ''] : [])))
  return [...features].flatMap((feature) => {
    const manifest = `web/src/features/${feature}/${feature}.feature.tsx`
    if (!page.some(({ path }) => path === manifest))
      return [`web/src/features/${feature}: has no ${feature}.feature.tsx`]
    return listed.has(manifest) ? [] : [`${feature_list}: does not list ${feature}`]
  })
}

/** `features/goals/goals.feature.tsx`: one a feature, with the name of its folder. */
function isManifest(path: string): boolean {
  const [, feature, name] = /^web\/src\/features\/([^/]+)\/([^/]+)\.feature\.tsx$/.exec(path) ?? []
  return feature !== undefined && feature === name
}

function layerOf(path: string): Layer | undefined {
  const folder = path.split('/')[2]
  return layers.find((layer) => layer === folder)
}

function featureOf(path: string): string | undefined {
  return path.split('/')[3]
}
