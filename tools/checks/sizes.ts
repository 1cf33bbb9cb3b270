// Sizes that a reader can hold in mind: files, functions, parameters. `npm run check` runs it over the repository.
import { pathToFileURL } from 'node:url'
import ts from 'typescript'
import { isTest, lineOf, readSources, type SourceFile } from '../sources/source-files.ts'

const fileLinesMax = 400
const functionLinesMax = 70
const serverFunctionLinesMax = 60
/** One SQL statement, which cannot be divided. */
const longStatements: ReadonlySet<string> = new Set(['server/src/modules/planner/store/planner.store.ts end'])
/** Of what gives elements: they are wide and say little a line. */
const componentLinesMax = 150
const parametersMax = 3
const checkedFolders = ['contract', 'server/src', 'sdk/src', 'cli/src', 'examples', 'tools', 'bench', 'web/src']

/** Every file and function below `root` that is too large, as `path:line: what is wrong`. */
export function checkSizes(root: string): string[] {
  const sources = readSources(root, checkedFolders, /\.(tsx?|m?js)$/).filter(({ path }) => !isTest(path))
  return sources.flatMap((source) => [...checkFile(source), ...checkFunctions(source)])
}

/** Lists of data are as long as what they list: they stand in files named `*.data.ts`. */
function checkFile({ path, text }: SourceFile): string[] {
  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0)
  if (lines <= fileLinesMax || path.endsWith('.data.ts')) return []
  return [`${path}:1: has ${lines} lines; ${fileLinesMax} are allowed`]
}

function checkFunctions({ path, tree }: SourceFile): string[] {
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node)) {
      const problems = [...(hasBody(node) ? lengthProblem(tree, node) : []), ...parameterProblem(node)]
      for (const problem of problems) found.push(`${path}:${lineOf(tree, node)}: ${problem}`)
    }
    ts.forEachChild(node, visit)
  }
  visit(tree)
  return found
}

function hasBody(node: ts.SignatureDeclaration): boolean {
  return 'body' in node && node.body !== undefined
}

/** From the line of its name to that of its last brace, with all that is nested in it. */
function lengthProblem(tree: ts.SourceFile, node: ts.SignatureDeclaration): string[] {
  const lines = tree.getLineAndCharacterOfPosition(node.end).line + 2 - lineOf(tree, node)
  const isComponent = tree.fileName.endsWith('.tsx') && /^[A-Z]/.test(nameOf(node))
  const max = isComponent ? componentLinesMax : linesMaxOf(tree.fileName, nameOf(node))
  return lines > max ? [`${nameOf(node)} has ${lines} lines; ${max} are allowed`] : []
}

function linesMaxOf(path: string, name: string): number {
  const isExcepted = longStatements.has(`${path} ${name}`)
  return path.startsWith('server/src/') && !isExcepted ? serverFunctionLinesMax : functionLinesMax
}

function parameterProblem(node: ts.SignatureDeclaration): string[] {
  const count = node.parameters.filter(({ name }) => name.getText() !== 'this').length
  if (count <= parametersMax) return []
  return [`${nameOf(node)} takes ${count} parameters; ${parametersMax} are allowed, then one object with names`]
}

function nameOf(node: ts.SignatureDeclaration): string {
  if (node.name) return node.name.getText()
  const { parent } = node
  return ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent) ? parent.name.getText() : 'a function'
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const problems = checkSizes(process.cwd())
  for (const problem of problems) process.stdout.write(`${problem}\n`)
  process.exitCode = problems.length > 0 ? 1 : 0
}
