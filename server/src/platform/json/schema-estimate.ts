/** The worst-case time of a JSON Schema, by its size and that of the value, so that large ones run in a thread. */
import { patternSize } from './user-patterns.ts'

/** Measured on a slow machine, and doubled. */
const compile_ms_per_character = 0.02
const compile_ms_per_instruction = 0.04
const test_ms_per_node = 0.001
const match_ms_per_instruction = 0.0002
/** Values with more are not counted to their end. */
const counted_max = 20_000

/** The time to compile it. */
export function schemaMs(schema: unknown): number {
  const { characters, instructions } = sizeOfSchema(schema)
  return characters * compile_ms_per_character + instructions * compile_ms_per_instruction
}

/**
 * The time to compile it and to test the value. References can double the work at each step, so with them it is
 * unknown.
 */
export function misfitMs(schema: unknown, value: unknown): number {
  const { characters, nodes, instructions, has_references } = sizeOfSchema(schema)
  if (has_references) return Number.POSITIVE_INFINITY
  const valueSize = sizeOfValue(value)
  const compile_ms = characters * compile_ms_per_character + instructions * compile_ms_per_instruction
  const match_ms = instructions === 0 ? 0 : instructions * valueSize.characters * match_ms_per_instruction
  return compile_ms + nodes * valueSize.nodes * test_ms_per_node + match_ms
}

interface SchemaSize {
  readonly characters: number
  readonly nodes: number
  /** Of all patterns together. */
  readonly instructions: number
  readonly has_references: boolean
}

function sizeOfSchema(schema: unknown): SchemaSize {
  let nodes = 0
  let instructions = 0
  let has_references = false
  const characters = (JSON.stringify(schema) ?? '').length
  const stack: unknown[] = [schema]
  while (stack.length > 0) {
    const next = stack.pop()
    nodes++
    if (typeof next !== 'object' || next === null) continue
    for (const [keyword, inner] of Object.entries(next)) {
      if (keyword === 'pattern' && typeof inner === 'string') instructions += patternSize(inner)
      if (keyword === 'patternProperties' && typeof inner === 'object' && inner !== null)
        for (const pattern of Object.keys(inner)) instructions += patternSize(pattern)
      if (/^\$(?:ref|dynamicRef|recursiveRef)$/.test(keyword)) has_references = true
      stack.push(inner)
    }
  }
  return { characters, nodes, instructions, has_references }
}

/** Infinite where there is more than is worth counting. */
export function sizeOfValue(value: unknown): { readonly nodes: number; readonly characters: number } {
  let nodes = 0
  let characters = 0
  const stack: unknown[] = [value]
  while (stack.length > 0) {
    const next = stack.pop()
    if (++nodes + stack.length > counted_max)
      return { nodes: Number.POSITIVE_INFINITY, characters: Number.POSITIVE_INFINITY }
    if (typeof next === 'string') characters += next.length
    else if (Array.isArray(next)) for (const item of next) stack.push(item)
    else if (typeof next === 'object' && next !== null)
      for (const [key, inner] of Object.entries(next)) {
        characters += key.length
        stack.push(inner)
      }
  }
  return { nodes, characters }
}
