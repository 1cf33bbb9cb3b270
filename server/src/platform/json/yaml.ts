/**
 * Reads YAML of callers as JSON: keys are unique scalars, aliases count as the values they stand for, and nothing is
 * expanded before its size is known. The library compares keys by pairs and serializes map keys again and again, so
 * both are done here.
 */
import { cutText } from '@muster/contract/texts/graphemes'
import {
  Composer,
  type CST,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type ParsedNode,
  Parser,
  type YAMLMap,
} from 'yaml'

export interface YamlBounds {
  readonly characters_max: number
  readonly depth_max: number
}

export type YamlResult = { readonly value: unknown } | { readonly problem: string }

class YamlProblem extends Error {}

interface Walk extends YamlBounds {
  readonly anchors: Map<string, unknown>
  /** Aliases that are being expanded. */
  readonly open: Set<string>
  characters: number
}

/** How many characters a value without text counts for. */
const node_characters = 4

export function parseYaml(text: string, bounds: YamlBounds): YamlResult {
  try {
    const lines = new LineCounter()
    const tokens = [...new Parser(lines.addNewLine).parse(text)]
    testDepth(tokens, bounds.depth_max)
    const [document, ...more] = new Composer({ uniqueKeys: false }).compose(tokens, true, text.length)
    const [error] = document?.errors ?? []
    if (error) return { problem: `${error.message} (line ${lines.linePos(error.pos[0]).line})` }
    if (more.length > 0) return { problem: 'it has more than one document' }
    const walk: Walk = { ...bounds, anchors: new Map(), open: new Set(), characters: 0 }
    return { value: readNode((document?.contents ?? null) as ParsedNode | null, walk, 0) }
  } catch (error) {
    if (error instanceof YamlProblem) return { problem: error.message }
    throw error
  }
}

/**
 * Tests the depth on the tokens, which the library makes without recursion. It composes nodes with recursion, and with
 * a full stack the regular expression compiler can end the process.
 */
function testDepth(tokens: readonly CST.Token[], depth_max: number): void {
  const stack: { token: CST.Token; depth: number }[] = tokens.map((token) => ({ token, depth: 0 }))
  for (let next = stack.pop(); next; next = stack.pop()) {
    const { token, depth } = next
    if (depth > depth_max) throw new YamlProblem(`it is nested deeper than ${depth_max}`)
    if (token.type === 'document' && token.value) stack.push({ token: token.value, depth })
    if (!('items' in token)) continue
    for (const { key, value } of token.items) {
      if (key) stack.push({ token: key, depth: depth + 1 })
      if (value) stack.push({ token: value, depth: depth + 1 })
    }
  }
}

function readNode(node: ParsedNode | null, walk: Walk, depth: number): unknown {
  if (depth > walk.depth_max) throw new YamlProblem(`it is nested deeper than ${walk.depth_max}`)
  if (node === null) return null
  if (isAlias(node)) return resolveAlias(node.source, walk, depth)
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
      throw new YamlProblem(`the key ${JSON.stringify(cutText(name, 100))} is used twice in one map`)
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

function resolveAlias(name: string, walk: Walk, depth: number): unknown {
  const node = walk.anchors.get(name)
  if (node === undefined) throw new YamlProblem(`the alias ${name} has no anchor`)
  if (walk.open.has(name)) throw new YamlProblem(`the alias ${name} refers to itself`)
  // Only nodes are kept as anchors.
  return readNode(node as ParsedNode, walk, depth)
}

function count(characters: number, walk: Walk): void {
  walk.characters += characters
  if (walk.characters > walk.characters_max)
    throw new YamlProblem(`with its aliases unfolded it has more than ${walk.characters_max} characters`)
}
