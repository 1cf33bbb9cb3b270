import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { withoutAssertions } from './source-files.ts'

const listFile = 'server/src/app/modules.ts'
const modulesFolder = 'server/src/modules'

/**
 * The order of the modules, read from `export const modules = [...]` without running it: an element may be a name in
 * quotes, something imported from the module's folder, or a call of that. Problems: a folder that is not listed, and so on.
 */
export function moduleOrder(root: string): { order: string[]; problems: string[] } {
  const folders = foldersIn(root)
  const file = join(root, listFile)
  if (!existsSync(file)) {
    return { order: [], problems: folders.length > 0 ? [`${listFile}: does not exist, and there are modules`] : [] }
  }
  const tree = ts.createSourceFile(listFile, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022, true)
  const list = listIn(tree)
  if (!list) return { order: [], problems: [`${listFile}:1: has no \`export const modules = [...]\``] }
  const imported = importedFrom(tree)
  const names = list.elements.map((element) => nameOf(element, imported))
  const order = names.filter((name) => name !== undefined)
  return {
    order,
    problems: [
      ...names.flatMap((name, at) => (name ? [] : [`${listFile}: element ${at} of modules cannot be read`])),
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

function listIn(tree: ts.SourceFile): ts.ArrayLiteralExpression | undefined {
  for (const statement of tree.statements) {
    if (!ts.isVariableStatement(statement)) continue
    for (const { name, initializer } of statement.declarationList.declarations) {
      if (name.getText(tree) === 'modules' && initializer) {
        const bare = withoutAssertions(initializer)
        if (ts.isArrayLiteralExpression(bare)) return bare
      }
    }
  }
  return undefined
}

/** Local name → name of the module in whose folder it was declared. */
function importedFrom(tree: ts.SourceFile): Map<string, string> {
  const found = new Map<string, string>()
  for (const statement of tree.statements) {
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue
    const module = /\/modules\/([^/]+)\//.exec(statement.moduleSpecifier.text)?.[1]
    const bindings = statement.importClause?.namedBindings
    if (!module || !bindings || !ts.isNamedImports(bindings)) continue
    for (const element of bindings.elements) found.set(element.name.text, module)
  }
  return found
}

function nameOf(element: ts.Expression, imported: ReadonlyMap<string, string>): string | undefined {
  const bare = withoutAssertions(element)
  if (ts.isStringLiteralLike(bare)) return bare.text
  if (ts.isIdentifier(bare)) return imported.get(bare.text)
  if (ts.isCallExpression(bare)) return nameOf(bare.expression, imported)
  return undefined
}
