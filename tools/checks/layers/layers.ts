// The layout as rules: which file may mention which, type imports counted. `npm run check` runs it over the repository.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import ts from 'typescript'
import { moduleOrder } from '../../sources/module-order.ts'
import { isTest, lineOf, type Mention, readSources, type SourceFile } from '../../sources/source-files.ts'
import { checkContractFolders, contractProblem } from './contract.ts'
import { findCycles } from './cycles.ts'
import { environmentReaders, moduleFilesMax, platformLibraries, textLibraries, workspaceRules } from './layer-rules.ts'
import { checkModuleFile } from './modules.ts'
import { platformCircles } from './platform.ts'
import { manifestProblems, webProblem } from './web.ts'

const checkedFolders = ['contract', 'server/src', 'server/test', 'sdk/src', 'cli/src', 'examples', 'web/src']

/** Every breach of the layout below `root`, as `path:line: what is wrong`. None: the list is empty. */
export function checkLayers(root: string): string[] {
  const sources = readSources(root, checkedFolders)
  const product = sources.filter((source) => !isTest(source.path))
  const { order, problems } = moduleOrder(root)
  return [
    ...problems,
    ...sources.flatMap(checkExports),
    ...product.flatMap((source) => checkMentions(source, order)),
    ...product.flatMap(checkEnvironment),
    ...checkContractFolders(product, order),
    ...checkFolderSizes(product),
    ...manifestProblems(product),
    ...platformCircles(product),
    ...findCycles(product),
  ]
}

/** No barrels, no `export *`, no default exports: one name, one home. */
function checkExports({ path, tree }: SourceFile): string[] {
  const found: string[] = []
  const say = (node: ts.Node, text: string) => found.push(`${path}:${lineOf(tree, node)}: ${text}`)
  for (const statement of tree.statements) {
    if (ts.isExportAssignment(statement)) say(statement, 'has a default export')
    if (ts.isExportDeclaration(statement)) {
      if (!statement.exportClause || ts.isNamespaceExport(statement.exportClause)) say(statement, 'exports *')
      else if (statement.exportClause.elements.some(({ name }) => name.text === 'default')) {
        say(statement, 'has a default export')
      }
    } else if (isDefaultDeclaration(statement)) say(statement, 'has a default export')
  }
  if (isBarrel(tree)) found.push(`${path}:1: is a barrel: it only passes on what other files export`)
  return found
}

function isDefaultDeclaration(statement: ts.Statement): boolean {
  if (!ts.canHaveModifiers(statement)) return false
  return ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword) ?? false
}

function isBarrel(tree: ts.SourceFile): boolean {
  const passesOn = tree.statements.some(ts.isExportDeclaration)
  return passesOn && tree.statements.every((node) => ts.isExportDeclaration(node) || ts.isImportDeclaration(node))
}

function checkMentions(source: SourceFile, order: readonly string[]): string[] {
  return source.mentions.flatMap((mention) => {
    const wrong = mentionProblem(source.path, mention, order)
    return wrong ? [`${source.path}:${mention.line}: ${wrong}`] : []
  })
}

function mentionProblem(path: string, mention: Mention, order: readonly string[]): string | undefined {
  if (mention.file !== undefined && isTest(mention.file)) return `imports the test file ${mention.file}`
  if (
    mention.file !== undefined &&
    mention.specifier.startsWith('.') &&
    workspaceOf(path) !== workspaceOf(mention.file)
  ) {
    return `imports ${mention.file} by a relative path; another workspace is imported by its package name`
  }
  if (path.startsWith('web/src/')) return webProblem(path, mention)
  const workspace = workspaceRules.find(({ folder }) => path.startsWith(folder))
  if (workspace) {
    const wrong = workspaceProblem(workspace, mention)
    return wrong ?? (path.startsWith('contract/') ? contractProblem(path, mention, order) : undefined)
  }
  if (mention.file?.startsWith('contract/') || mention.package === 'zod') return undefined
  if (mention.file !== undefined && !mention.file.startsWith('server/'))
    return `the server does not import ${mention.file}`
  if (path.startsWith('server/src/platform/')) return platformProblem(path, mention)
  if (path.startsWith('server/src/modules/')) return checkModuleFile(path, mention, order)
  if (mention.package !== undefined && !mention.package.startsWith('node:')) {
    return `imports ${mention.package}; outside libraries belong into platform/ and adapters/`
  }
  return undefined
}

function workspaceProblem(rule: (typeof workspaceRules)[number], mention: Mention): string | undefined {
  const { file } = mention
  if (file !== undefined) {
    const isAllowed = [rule.folder, ...rule.folders].some((folder) => file.startsWith(folder))
    return isAllowed ? undefined : `imports ${file}, and ${rule.folder} may not`
  }
  const name = mention.package ?? ''
  const isAllowed = name.startsWith('node:') ? rule.node : rule.packages.includes(name)
  return isAllowed ? undefined : `imports ${name}, and ${rule.folder} may import only ${rule.packages.join(', ')}`
}

function platformProblem(path: string, { file, package: name }: Mention): string | undefined {
  if (file !== undefined) {
    return file.startsWith('server/src/platform/') ? undefined : `imports ${file}; platform/ knows no module`
  }
  if (name === undefined || name.startsWith('node:')) return undefined
  if (platformLibraries.has(name) || textLibraries.has(name) || path.includes('/adapters/')) return undefined
  return `imports ${name}; outside libraries belong into adapters/`
}

function workspaceOf(path: string): string {
  return path.split('/')[0] ?? ''
}

/** `process.env` and what can be read of it by another name. */
function checkEnvironment({ path, tree, mentions }: SourceFile): string[] {
  if (environmentReaders.has(path) || path.startsWith('examples/')) return []
  const found: string[] = []
  const say = (line: number) => found.push(`${path}:${line}: reads the environment; only config.ts does`)
  for (const mention of mentions) if (mention.package === 'node:process') say(mention.line)
  const visit = (node: ts.Node): void => {
    const isEnv =
      (ts.isPropertyAccessExpression(node) && node.name.text === 'env') ||
      (ts.isElementAccessExpression(node) &&
        ts.isStringLiteralLike(node.argumentExpression) &&
        node.argumentExpression.text === 'env')
    if (isEnv && /^(globalThis\.)?process$/.test(node.expression.getText(tree))) say(lineOf(tree, node))
    ts.forEachChild(node, visit)
  }
  visit(tree)
  return found
}

function checkFolderSizes(product: readonly SourceFile[]): string[] {
  const counts = new Map<string, number>()
  for (const { path } of product) {
    const folder = /^server\/src\/modules\/[^/]+(?=\/[^/]+$)/.exec(path)?.[0]
    if (folder) counts.set(folder, (counts.get(folder) ?? 0) + 1)
  }
  return [...counts]
    .filter(([, count]) => count > moduleFilesMax)
    .map(
      ([folder, count]) =>
        `${folder}: holds ${count} files; from ${moduleFilesMax + 1} on an operations/ folder or two modules`,
    )
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const root = process.cwd()
  if (
    !existsSync(join(root, 'package.json')) ||
    !readFileSync(join(root, 'package.json'), 'utf8').includes('"workspaces"')
  ) {
    throw new Error('check-layers is run from the root of the repository')
  }
  const problems = checkLayers(root)
  for (const problem of problems) process.stdout.write(`${problem}\n`)
  process.exitCode = problems.length > 0 ? 1 : 0
}
