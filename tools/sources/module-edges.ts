import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { moduleOrder } from './module-order.ts'
import { isTest, lineOf, listFiles, readSources, type SourceFile } from './source-files.ts'

const modulesFolder = 'server/src/modules'

/** A dependency of one module on an earlier one. */
export interface ModuleEdge {
  readonly kind: 'types' | 'values' | 'view' | 'table' | 'extension'
  readonly from: string
  readonly to: string
  /** The view, table or extension point; the file that is imported. */
  readonly name: string
  readonly at: string
}

export interface ExtensionPointFacts {
  /** `module.noun` */
  readonly name: string
  readonly module: string
  readonly at: string
  readonly fillers: readonly string[]
  /** Files of the declaring module that read it. */
  readonly readers: readonly string[]
}

export interface ModuleGraph {
  readonly order: readonly string[]
  readonly edges: readonly ModuleEdge[]
  readonly points: readonly ExtensionPointFacts[]
}

/** Every edge between modules: imports of ports, SQL over another module's views, and extension points that are filled. */
export function moduleGraph(root: string): ModuleGraph {
  const { order } = moduleOrder(root)
  const sources = readSources(root, [modulesFolder]).filter(({ path }) => !isTest(path))
  const points = extensionPoints(sources)
  return {
    order,
    points,
    edges: [
      ...sources.flatMap(importEdges),
      ...sources.flatMap((source) => sqlEdges(source, relationsOf(root))),
      ...points.flatMap(({ name, module, at, fillers }) =>
        fillers.map((from): ModuleEdge => ({ kind: 'extension', from, to: module, name, at })),
      ),
    ],
  }
}

export function moduleOf(path: string): string | undefined {
  return path.startsWith(`${modulesFolder}/`) ? path.slice(modulesFolder.length + 1).split('/')[0] : undefined
}

function importEdges({ path, mentions }: SourceFile): ModuleEdge[] {
  const from = moduleOf(path)
  return mentions.flatMap(({ file = '', line, is_type_only }) => {
    const to = moduleOf(file)
    if (!from || !to || from === to || file.endsWith('.extensions.ts')) return []
    return [{ kind: is_type_only ? 'types' : 'values', from, to, name: file, at: `${path}:${line}` }]
  })
}

interface Relation {
  readonly kind: 'view' | 'table'
  readonly module: string
}

/** Tables and views by name, each with the module whose migration makes it. */
function relationsOf(root: string): ReadonlyMap<string, Relation> {
  const relations = new Map<string, Relation>()
  for (const path of listFiles(root, 'server/migrations', /^\d{4}_[a-z]+_.*\.sql$/)) {
    const module = /\d{4}_([a-z]+)_/.exec(path)?.[1] ?? ''
    const text = readFileSync(join(root, path), 'utf8')
    for (const [, kind, name] of text.matchAll(/^create (table|view) (\w+)/gm))
      relations.set(name ?? '', { kind: kind === 'view' ? 'view' : 'table', module })
  }
  return relations
}

const touched = /\b(?:from|join|update|into|using|only|table)\s+(\w+)/g

function sqlEdges({ path, tree }: SourceFile, relations: ReadonlyMap<string, Relation>): ModuleEdge[] {
  const from = moduleOf(path) ?? ''
  const edges: ModuleEdge[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isTaggedTemplateExpression(node) && /^(sql|fragment)$/.test(node.tag.getText(tree))) {
      for (const [, name = ''] of node.template.getText(tree).matchAll(touched)) {
        const relation = relations.get(name)
        if (relation && relation.module !== from && relation.module !== 'platform')
          edges.push({ kind: relation.kind, from, to: relation.module, name, at: `${path}:${lineOf(tree, node)}` })
      }
    }
    ts.forEachChild(node, visit)
  }
  visit(tree)
  return edges
}

function extensionPoints(sources: readonly SourceFile[]): ExtensionPointFacts[] {
  const declared = sources.flatMap((source) =>
    source.path.endsWith('.extensions.ts')
      ? [...source.text.matchAll(/^export const (\w+) = extensionPoint<[^>]+>\(\s*'([a-z_.]+)'/gm)].map((match) => ({
          constant: match[1] ?? '',
          name: match[2] ?? '',
          module: moduleOf(source.path) ?? '',
          file: source.path,
          at: `${source.path}:${source.text.slice(0, match.index).split('\n').length}`,
        }))
      : [],
  )
  return declared.map(({ constant, name, module, file, at }) => {
    const users = sources.filter(({ path, mentions }) => path !== file && mentions.some((one) => one.file === file))
    const filling = new RegExp(`\\bextend\\(\\s*${constant}\\b`)
    const reading = new RegExp(`\\.of\\(\\s*${constant}\\b`)
    return {
      name,
      module,
      at,
      fillers: [...new Set(users.filter(({ text }) => filling.test(text)).map(({ path }) => moduleOf(path) ?? ''))],
      readers: users
        .filter(({ path, text }) => moduleOf(path) === module && reading.test(text))
        .map(({ path }) => path),
    }
  })
}
