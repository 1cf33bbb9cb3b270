// How modules hang together beside their imports: SQL, extension points, and what app/ connects. `npm run check` runs it.
import { pathToFileURL } from 'node:url'
import ts from 'typescript'
import { type ModuleGraph, moduleGraph, moduleOf } from '../sources/module-edges.ts'
import { moduleOrder } from '../sources/module-order.ts'
import { isTest, lineOf, readSources, type SourceFile } from '../sources/source-files.ts'

const points_max = 12

/** Every breach below `root`, as `path:line: what is wrong`. */
export function checkSeams(root: string): string[] {
  const graph = moduleGraph(root)
  const app = readSources(root, ['server/src/app']).filter(({ path }) => !isTest(path))
  return [
    ...upwardEdges(graph),
    ...foreignTables(graph),
    ...pointProblems(graph),
    ...circles(graph),
    ...app.flatMap(appImports),
    ...app.flatMap((source) => lateBindings(source, graph.order)),
    ...engineUsers(root),
  ]
}

/** An edge that leads to the module itself or to a later one. Imports are tested by `check-layers`. */
function upwardEdges({ order, edges }: ModuleGraph): string[] {
  return edges
    .filter(
      ({ kind, from, to }) => (kind === 'view' || kind === 'extension') && order.indexOf(to) >= order.indexOf(from),
    )
    .map(({ kind, from, to, name, at }) =>
      kind === 'view'
        ? `${at}: reads the view ${name} of ${to}, which does not stand earlier than ${from}`
        : `${at}: the extension point ${name} is filled by ${from}, which does not stand later; a port serves`,
    )
}

function foreignTables({ edges }: ModuleGraph): string[] {
  return edges
    .filter(({ kind }) => kind === 'table')
    .map(({ at, name, to }) => `${at}: touches the table ${name} of ${to}; of other modules only views are read`)
}

function pointProblems({ points }: ModuleGraph): string[] {
  return [
    ...(points.length > points_max
      ? [`server/src/modules: ${points.length} extension points; ${points_max} are allowed`]
      : []),
    ...points.flatMap(({ name, module, at, fillers, readers }) => [
      ...(name.startsWith(`${module}.`) ? [] : [`${at}: the extension point ${name} does not begin with ${module}.`]),
      ...(fillers.length === 0 ? [`${at}: nobody fills the extension point ${name}`] : []),
      ...(readers.length === 0 ? [`${at}: nobody reads the extension point ${name}`] : []),
    ]),
  ]
}

/** A circle of modules over edges of any kind. */
function circles({ order, edges }: ModuleGraph): string[] {
  const next = new Map(
    order.map((name) => [name, new Set(edges.filter(({ from }) => from === name).map(({ to }) => to))]),
  )
  const found: string[] = []
  const visit = (name: string, way: readonly string[]): void => {
    if (way.includes(name)) found.push([...way.slice(way.indexOf(name)), name].join(' → '))
    else for (const to of next.get(name) ?? []) visit(to, [...way, name])
  }
  for (const name of order) visit(name, [])
  return [...new Set(found)].slice(0, 5).map((circle) => `server/src/modules: a circle of modules: ${circle}`)
}

/** `app/` knows of modules their manifests, and for the threads what these may evaluate. */
function appImports({ path, mentions }: SourceFile): string[] {
  return mentions.flatMap(({ file = '', line }) =>
    moduleOf(file) === undefined || /\.(module|functions)\.ts$/.test(file)
      ? []
      : [
          `${path}:${line}: imports ${file}; app/ imports of a module only its x.module.ts, and its x.functions.ts for the threads`,
        ],
  )
}

/**
 * A module's function is called by the list alone, so that a module is given what earlier ones offer and nothing of a
 * later one; and no module is told of another one after both were made.
 */
function lateBindings({ path, tree }: SourceFile, order: readonly string[]): string[] {
  const factories = new Set(order.map((name) => `${name}Module`))
  const lines: string[] = []
  const report = (node: ts.Node, what: string): void => void lines.push(`${path}:${lineOf(tree, node)}: ${what}`)
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) {
      const { expression } = node
      if (ts.isIdentifier(expression) && factories.has(expression.text))
        report(
          node,
          `calls ${expression.text}; app/modules.ts adds it, and what it needs of later ones is an extension point`,
        )
      if (ts.isPropertyAccessExpression(expression) && isTold(expression, order))
        report(
          node,
          `tells ${expression.expression.getText(tree)} of something after it was made; declare an extension point`,
        )
    }
    ts.forEachChild(node, visit)
  }
  visit(tree)
  return lines
}

/** A call such as `program.alpha.register(…)`. */
function isTold({ name, expression }: ts.PropertyAccessExpression, order: readonly string[]): boolean {
  if (!/^(register|attach|connect)/.test(name.text)) return false
  return expression
    .getText()
    .split('.')
    .some((part) => order.includes(part))
}

const engineNames = new Set(['Engine', 'EngineTx'])

/** Transactions over all tenants are for the modules that are listed for them. */
function engineUsers(root: string): string[] {
  const modulesWithEngine = new Set(
    moduleOrder(root).modules.flatMap(({ name, with_engine }) => (with_engine ? [name] : [])),
  )
  return readSources(root, ['server/src/modules'])
    .filter(({ path }) => !isTest(path) && !modulesWithEngine.has(moduleOf(path) ?? ''))
    .flatMap(({ path, tree }) => {
      const lines: string[] = []
      const visit = (node: ts.Node): void => {
        if (ts.isIdentifier(node) && engineNames.has(node.text))
          lines.push(
            `${path}:${lineOf(tree, node)}: names ${node.text}; only modules that are added with the engine see every tenant`,
          )
        ts.forEachChild(node, visit)
      }
      visit(tree)
      return lines.slice(0, 1)
    })
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const problems = checkSeams(process.cwd())
  for (const problem of problems) process.stdout.write(`${problem}\n`)
  process.exitCode = problems.length > 0 ? 1 : 0
}
