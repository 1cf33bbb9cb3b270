import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

const listFile = 'server/src/app/modules.ts'
const modulesFolder = 'server/src/modules'

/** A module as the list adds it. */
export interface ListedModule {
  readonly name: string
  /** Whether it is given transactions over all tenants. */
  readonly with_engine: boolean
}

/**
 * The order of the modules, read without running it from the calls `.add('name', nameModule)` and `.addWithEngine(…)` of
 * the list. Problems: a folder that is not listed, a module that is not added by its own function, and so on.
 */
export function moduleOrder(root: string): { order: string[]; modules: ListedModule[]; problems: string[] } {
  const folders = foldersIn(root)
  const file = join(root, listFile)
  if (!existsSync(file)) {
    const problems = folders.length > 0 ? [`${listFile}: does not exist, and there are modules`] : []
    return { order: [], modules: [], problems }
  }
  const tree = ts.createSourceFile(listFile, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022, true)
  const calls = addCalls(tree)
  if (calls.length === 0)
    return { order: [], modules: [], problems: [`${listFile}:1: adds no module by .add('name', nameModule)`] }
  const modules = calls.flatMap(({ name, with_engine }) => (name === undefined ? [] : [{ name, with_engine }]))
  const order = modules.map(({ name }) => name)
  return {
    order,
    modules,
    problems: [
      ...calls.flatMap(({ name, line, creates }) =>
        name !== undefined && creates === `${name}Module`
          ? []
          : [`${listFile}:${line}: a module is added by its name and its own function: .add('x', xModule)`],
      ),
      ...order.filter((name) => !folders.includes(name)).map((name) => `${listFile}: ${name} has no folder`),
      ...folders.filter((name) => !order.includes(name)).map((name) => `${listFile}: does not list ${name}`),
      ...order.filter((name, at) => order.indexOf(name) !== at).map((name) => `${listFile}: lists ${name} twice`),
    ],
  }
}

function foldersIn(root: string): string[] {
  const folder = join(root, modulesFolder)
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []))
}

interface AddCall {
  readonly name: string | undefined
  readonly creates: string | undefined
  readonly with_engine: boolean
  readonly line: number
  readonly position: number
}

/** In the order of the source: the first call of a chain is the innermost. */
function addCalls(tree: ts.SourceFile): AddCall[] {
  const calls: AddCall[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
      const method = node.expression.name
      const [name, create] = node.arguments
      if (method.text === 'add' || method.text === 'addWithEngine')
        calls.push({
          name: name !== undefined && ts.isStringLiteralLike(name) ? name.text : undefined,
          creates: create !== undefined && ts.isIdentifier(create) ? create.text : undefined,
          with_engine: method.text === 'addWithEngine',
          line: tree.getLineAndCharacterOfPosition(method.getStart(tree)).line + 1,
          position: method.getStart(tree),
        })
    }
    ts.forEachChild(node, visit)
  }
  visit(tree)
  return calls.sort((one, other) => one.position - other.position)
}
