/**
 * YAML as people write it, as JSON: keys are scalars and stand once, aliases count for what they stand for, and nothing is
 * unfolded before it is known to be small enough. The library compares keys with each other by pairs and turns keys that
 * are maps into text again and again, so both are done here.
 */
import { type Document, isAlias, isMap, isScalar, isSeq, type ParsedNode, parseDocument, type YAMLMap } from 'yaml'

export interface YamlBounds {
  readonly characters_max: number
  readonly depth_max: number
}

export type YamlResult = { readonly value: unknown } | { readonly problem: string }

class YamlProblem extends Error {}

interface Walk extends YamlBounds {
  readonly anchors: Map<string, unknown>
  /** Aliases that are being unfolded. */
  readonly open: Set<string>
  characters: number
}

/** How many characters a value without text counts for. */
const node_characters = 4

export function parseYaml(text: string, bounds: YamlBounds): YamlResult {
  try {
    const document: Document.Parsed = parseDocument(text, { uniqueKeys: false, prettyErrors: true, logLevel: 'silent' })
    const [error] = document.errors
    if (error) return { problem: error.message }
    const walk: Walk = { ...bounds, anchors: new Map(), open: new Set(), characters: 0 }
    return { value: readNode(document.contents, walk, 0) }
  } catch (error) {
    if (error instanceof YamlProblem) return { problem: error.message }
    // Nested deeper than the library's own stack.
    if (error instanceof RangeError) return { problem: `it is nested deeper than ${bounds.depth_max}` }
    throw error
  }
}

function readNode(node: ParsedNode | null, walk: Walk, depth: number): unknown {
  if (depth > walk.depth_max) throw new YamlProblem(`it is nested deeper than ${walk.depth_max}`)
  if (node === null) return null
  if (isAlias(node)) return aliased(node.source, walk, depth)
  if (node.anchor !== undefined) walk.anchors.set(node.anchor, node)
  const name = node.anchor
  if (name !== undefined) walk.open.add(name)
  const value = contentOf(node, walk, depth)
  if (name !== undefined) walk.open.delete(name)
  return value
}

function contentOf(node: Exclude<ParsedNode, null>, walk: Walk, depth: number): unknown {
  if (isScalar(node)) return scalarOf(node.value, walk)
  count(node_characters, walk)
  if (isMap(node)) return mapOf(node as YAMLMap<ParsedNode, ParsedNode | null>, walk, depth)
  if (isSeq(node)) return node.items.map((item) => readNode(item as ParsedNode, walk, depth + 1))
  return null
}

function mapOf(node: YAMLMap<ParsedNode, ParsedNode | null>, walk: Walk, depth: number): unknown {
  const entries = new Map<string, unknown>()
  for (const { key, value } of node.items) {
    const name = keyOf(key, walk)
    if (entries.has(name))
      throw new YamlProblem(`the key ${JSON.stringify(name.slice(0, 100))} stands twice in one map`)
    entries.set(name, readNode(value, walk, depth + 1))
  }
  return Object.fromEntries(entries)
}

function keyOf(key: ParsedNode | null, walk: Walk): string {
  if (key !== null && !isScalar(key)) throw new YamlProblem('a key is a list, a map or an alias')
  if (key?.anchor !== undefined) walk.anchors.set(key.anchor, key)
  return String(scalarOf(key?.value ?? '', walk))
}

function scalarOf(value: unknown, walk: Walk): unknown {
  count(typeof value === 'string' ? value.length + node_characters : node_characters, walk)
  return value
}

function aliased(name: string, walk: Walk, depth: number): unknown {
  const node = walk.anchors.get(name)
  if (node === undefined) throw new YamlProblem(`the alias ${name} stands for nothing`)
  if (walk.open.has(name)) throw new YamlProblem(`the alias ${name} stands for something that it is part of`)
  // Only nodes are kept as anchors.
  return readNode(node as ParsedNode, walk, depth)
}

function count(characters: number, walk: Walk): void {
  walk.characters += characters
  if (walk.characters > walk.characters_max)
    throw new YamlProblem(`with its aliases unfolded it has more than ${walk.characters_max} characters`)
}
