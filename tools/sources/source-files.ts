import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import ts from 'typescript'

/** One mention of another file or package, by whatever syntax. */
export interface Mention {
  readonly specifier: string
  readonly line: number
  readonly is_type_only: boolean
  /** The file it means, relative to the root, where it lies in this repository. */
  readonly file?: string
  /** The package it means otherwise; Node's own modules begin with `node:`. */
  readonly package?: string
}

export interface SourceFile {
  /** Relative to the root, with forward slashes. */
  readonly path: string
  readonly text: string
  readonly tree: ts.SourceFile
  readonly mentions: readonly Mention[]
}

const skipped = new Set(['node_modules', 'dist', 'generated', 'coverage'])

/** Parses every TypeScript file below the folders, or every file whose name fits. A folder that does not exist holds none. */
export function readSources(root: string, folders: readonly string[], fits = /\.tsx?$/): SourceFile[] {
  return folders.flatMap((folder) => listFiles(root, folder, fits)).map((path) => parse(root, path))
}

/** The files below a folder whose names fit, relative to the root, sorted. */
export function listFiles(root: string, folder: string, fits: RegExp): string[] {
  if (!existsSync(join(root, folder))) return []
  const entries = readdirSync(join(root, folder), { withFileTypes: true })
  const found = entries.flatMap((entry) => {
    const path = posix.join(folder, entry.name)
    if (entry.isDirectory()) return skipped.has(entry.name) ? [] : listFiles(root, path, fits)
    return fits.test(entry.name) ? [path] : []
  })
  return found.sort()
}

/** Tests and what only tests use: they may import from everywhere, and nothing else may import from them. */
export function isTest(path: string): boolean {
  return /\.test\.tsx?$/.test(path) || /(^|\/)test\//.test(path)
}

export function lineOf(tree: ts.SourceFile, node: ts.Node): number {
  return tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1
}

/** An expression without the `as`, `satisfies` and brackets around it. */
export function withoutAssertions(node: ts.Expression): ts.Expression {
  if (ts.isAsExpression(node) || ts.isSatisfiesExpression(node) || ts.isParenthesizedExpression(node)) {
    return withoutAssertions(node.expression)
  }
  return node
}

function parse(root: string, path: string): SourceFile {
  const text = readFileSync(join(root, path), 'utf8')
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true)
  return { path, text, tree, mentions: mentionsIn(tree) }
}

function mentionsIn(tree: ts.SourceFile): Mention[] {
  const found: Mention[] = []
  const add = (node: ts.Node, specifier: ts.Node | undefined, isTypeOnly: boolean) => {
    if (!specifier || !ts.isStringLiteralLike(specifier)) return
    const meant = resolve(tree.fileName, specifier.text)
    found.push({ specifier: specifier.text, line: lineOf(tree, node), is_type_only: isTypeOnly, ...meant })
  }
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node, node.moduleSpecifier, importsTypesOnly(node.importClause))
    else if (ts.isExportDeclaration(node)) add(node, node.moduleSpecifier, exportsTypesOnly(node))
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node, node.argument.literal, true)
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node, node.arguments[0], false)
    }
    ts.forEachChild(node, visit)
  }
  visit(tree)
  return found
}

function importsTypesOnly(clause: ts.ImportClause | undefined): boolean {
  if (!clause) return false
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true
  const bindings = clause.namedBindings
  if (clause.name || !bindings || !ts.isNamedImports(bindings)) return false
  return bindings.elements.length > 0 && bindings.elements.every((element) => element.isTypeOnly)
}

function exportsTypesOnly(node: ts.ExportDeclaration): boolean {
  if (node.isTypeOnly) return true
  const clause = node.exportClause
  if (!clause || !ts.isNamedExports(clause)) return false
  return clause.elements.length > 0 && clause.elements.every((element) => element.isTypeOnly)
}

/** Where a workspace's package name leads, as its `exports` say. */
const workspaces: Readonly<Record<string, string>> = {
  '@muster/contract/': 'contract/',
  '@muster/server/': 'server/src/',
  '@muster/sdk/': 'sdk/src/',
}

function resolve(from: string, specifier: string): Pick<Mention, 'file' | 'package'> {
  if (specifier.startsWith('.')) return { file: posix.join(posix.dirname(from), specifier) }
  for (const [name, folder] of Object.entries(workspaces)) {
    if (specifier.startsWith(name)) return { file: `${folder}${specifier.slice(name.length)}.ts` }
  }
  if (specifier.startsWith('node:')) return { package: specifier }
  return { package: specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/') }
}
