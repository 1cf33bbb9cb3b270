// What others build on has a doc comment: ports, contract and SDK. `npm run check` runs it over the repository.
import { pathToFileURL } from 'node:url'
import ts from 'typescript'
import { isTest, lineOf, readSources, type SourceFile } from '../sources/source-files.ts'

const documentedFolders = ['contract', 'sdk/src'] as const
const portFile = /^server\/src\/modules\/[^/]+\/[^/]+\.port\.ts$/
/** Made by `npm run generate`, or used by tests alone. */
const undocumented = /^(contract\/gathered|sdk\/src\/testing)\//

/** Every export below `root` that has no doc comment and should have one, as `path:line: what is wrong`. */
export function checkDocComments(root: string): string[] {
  const sources = [
    ...readSources(root, documentedFolders).filter(({ path }) => !undocumented.test(path)),
    ...readSources(root, ['server/src/modules']).filter(({ path }) => portFile.test(path)),
  ]
  return sources.filter(({ path }) => !isTest(path)).flatMap(undocumentedExports)
}

function undocumentedExports({ path, tree }: SourceFile): string[] {
  // Overloads share the comment of the first.
  const documentedNames = new Set<string>()
  return tree.statements.flatMap((statement) => {
    const names = isExported(statement) ? namesOf(statement) : []
    if (hasDocComment(tree, statement) || isDocumentedByValue(statement))
      for (const name of names) documentedNames.add(name)
    return names
      .filter((name) => !documentedNames.has(name))
      .map((name) => `${path}:${lineOf(tree, statement)}: ${name} has no doc comment`)
  })
}

/**
 * What a value says of itself counts as well: the summary of an operation and the description of a schema, which the
 * API's document shows; and a type that is made from a value has that value's comment.
 */
function isDocumentedByValue(statement: ts.Statement): boolean {
  if (ts.isTypeAliasDeclaration(statement)) return namesValue(statement.type)
  if (!ts.isVariableStatement(statement)) return false
  return statement.declarationList.declarations.every(
    ({ initializer }) =>
      initializer !== undefined &&
      ts.isCallExpression(initializer) &&
      (hasSummary(initializer) || isDescribed(initializer)),
  )
}

function namesValue(type: ts.TypeNode): boolean {
  return (
    ts.isTypeQueryNode(type) || ts.forEachChild(type, (child) => ts.isTypeNode(child) && namesValue(child)) === true
  )
}

/** `operation({ summary: '…' })` */
function hasSummary({ arguments: [options] }: ts.CallExpression): boolean {
  if (options === undefined || !ts.isObjectLiteralExpression(options)) return false
  return options.properties.some(({ name }) => name?.getText() === 'summary')
}

/** `z.string().describe('…')` */
function isDescribed({ expression }: ts.CallExpression): boolean {
  return ts.isPropertyAccessExpression(expression) && expression.name.text === 'describe'
}

function isExported(statement: ts.Statement): boolean {
  if (!ts.canHaveModifiers(statement)) return false
  return ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false
}

function namesOf(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map(({ name }) => name.getText())
  }
  const { name } = statement as ts.DeclarationStatement
  return name ? [name.getText()] : []
}

function hasDocComment({ text }: ts.SourceFile, statement: ts.Statement): boolean {
  const comments = ts.getLeadingCommentRanges(text, statement.getFullStart()) ?? []
  const last = comments.at(-1)
  return last !== undefined && /^\/\*\*[\s*]*[^\s*/]/.test(text.slice(last.pos, last.end))
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const problems = checkDocComments(process.cwd())
  for (const problem of problems) process.stdout.write(`${problem}\n`)
  process.exitCode = problems.length > 0 ? 1 : 0
}
