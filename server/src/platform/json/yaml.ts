/**
 * Reads YAML of callers as JSON: keys are unique scalars, aliases count as the values they stand for, and nothing is
 * expanded before its size is known. The library compares keys by pairs and serializes map keys again and again, so
 * both are done here.
 */
import { isObject } from '@muster/contract/platform/objects'
import { cutText } from '@muster/contract/texts/graphemes'
import { isExactInteger } from '@muster/contract/texts/json-numbers'
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
  type Scalar,
  type YAMLMap,
} from 'yaml'

export interface YamlBounds {
  readonly characters_max: number
  readonly depth_max: number
}

export type YamlResult = { readonly value: unknown } | { readonly problem: string }

class YamlProblem extends Error {}

interface Walk extends YamlBounds {
  readonly anchors: Map<string, ParsedNode>
  /** Aliases that are being expanded. */
  readonly open: Set<string>
  lineOf(node: ParsedNode): number
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
    const lineOf = (node: ParsedNode): number => lines.linePos(node.range[0]).line
    const walk: Walk = { ...bounds, lineOf, anchors: new Map(), open: new Set(), characters: 0 }
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
  testTag(node, walk)
  if (isScalar(node)) {
    testNumber(node, walk)
    return scalarOf(node.value, walk)
  }
  count(node_characters, walk)
  if (isMap(node)) return mapOf(node as YAMLMap<ParsedNode, ParsedNode | null>, walk, depth)
  if (isSeq(node)) return node.items.map((item) => readNode(item as ParsedNode, walk, depth + 1))
  return null
}

function mapOf(node: YAMLMap<ParsedNode, ParsedNode | null>, walk: Walk, depth: number): unknown {
  const entries = new Map<string, unknown>()
  const mergedEntries = new Map<string, unknown>()
  for (const { key, value } of node.items) {
    if (isMergeKey(key)) {
      for (const [name, one] of mergedOf(value, walk, depth)) if (!mergedEntries.has(name)) mergedEntries.set(name, one)
      continue
    }
    const name = keyOf(key, walk)
    if (entries.has(name))
      throw new YamlProblem(`the key ${JSON.stringify(cutText(name, 100))} is used twice in one map`)
    entries.set(name, readNode(value, walk, depth + 1))
  }
  // A map's own fields stand before what is merged into it.
  return Object.fromEntries([...[...mergedEntries].filter(([name]) => !entries.has(name)), ...entries])
}

/** A plain `<<` (https://yaml.org/type/merge.html); a quoted one is a field of that name. */
function isMergeKey(key: ParsedNode | null): boolean {
  return isScalar(key) && key.value === '<<' && key.type === 'PLAIN'
}

/** The fields of a map, or of a list of maps of which the first has precedence. */
function mergedOf(value: ParsedNode | null, walk: Walk, depth: number): readonly [string, unknown][] {
  const merged = readNode(value, walk, depth + 1)
  const maps = Array.isArray(merged) ? merged : [merged]
  const fields = maps.flatMap((map) => (isObject(map) ? Object.entries(map) : [undefined]))
  if (fields.includes(undefined) || maps.length === 0)
    throw new YamlProblem(
      `the merge key << takes a map or a list of maps${value ? ` (line ${walk.lineOf(value)})` : ''}`,
    )
  return fields.filter((field) => field !== undefined)
}

/** The tags of what JSON has; a binary, a set, a timestamp or a tag of somebody's own would become something else. */
const jsonTags = new Set(['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((tag) => `tag:yaml.org,2002:${tag}`))

function testTag(node: Exclude<ParsedNode, null>, walk: Walk): void {
  const { tag } = node
  if (tag === undefined || tag === '!' || jsonTags.has(tag)) return
  const shownTag = cutText(tag.replace('tag:yaml.org,2002:', '!!'), 100)
  throw new YamlProblem(`the tag ${shownTag} has no JSON (line ${walk.lineOf(node)})`)
}

/** @throws where the number is none of JSON, or an integer that would be rounded. */
function testNumber(node: Scalar.Parsed, walk: Walk): void {
  const { value, source = '' } = node
  if (typeof value !== 'number') return
  const line = walk.lineOf(node)
  if (!Number.isFinite(value)) throw new YamlProblem(`${cutText(source, 100)} is no number of JSON (line ${line})`)
  const digits = source.replace(/^\+/, '')
  if (/^-?\d+$/.test(digits) && !isExactInteger(digits))
    throw new YamlProblem(
      `the integer ${cutText(digits, 40)} is beyond 2^53 and would be rounded; write it in quotes (line ${line})`,
    )
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
  return readNode(node, walk, depth)
}

function count(characters: number, walk: Walk): void {
  walk.characters += characters
  if (walk.characters > walk.characters_max)
    throw new YamlProblem(`with its aliases unfolded it has more than ${walk.characters_max} characters`)
}
