import { isObject } from '@muster/contract/platform/objects'

/**
 * Tests whether a schema is cheap enough for a value. References can double the work at each step, over the schema
 * alone or over the depth of the value, so a schema with `$ref` is walked once beforehand with a budget, as a validator
 * without short cuts would walk it.
 */

const steps_max = 200_000

const samePositionKeywords = ['allOf', 'anyOf', 'oneOf'] as const
const single = ['not', 'if', 'then', 'else', '$ref', '$dynamicRef', '$recursiveRef'] as const

export function isAffordable(schema: unknown, output: unknown): boolean {
  const text = JSON.stringify(schema)
  if (!/"\$(?:ref|dynamicRef|recursiveRef)"/.test(text)) return true
  let steps = 0
  const stack: [schema: unknown, value: unknown][] = [[schema, output]]
  for (let next = stack.pop(); next; next = stack.pop()) {
    if (++steps + stack.length > steps_max) return false
    const [here, value] = next
    if (!isObject(here)) continue
    for (const [sub, of] of subschemasFor(schema, here, value)) stack.push([sub, of])
  }
  return true
}

/** The subschemas that apply to the value or to something inside it. */
function* subschemasFor(
  root: unknown,
  here: Readonly<Record<string, unknown>>,
  value: unknown,
): Generator<[unknown, unknown]> {
  for (const keyword of samePositionKeywords) for (const sub of listOf(here[keyword])) yield [sub, value]
  for (const keyword of single) {
    const sub = here[keyword]
    if (sub !== undefined) yield [typeof sub === 'string' ? resolve(root, sub) : sub, value]
  }
  if (isObject(here.dependentSchemas)) for (const sub of Object.values(here.dependentSchemas)) yield [sub, value]
  if (Array.isArray(value)) {
    for (const keyword of ['items', 'contains', 'additionalItems', 'unevaluatedItems'])
      for (const sub of listOf(here[keyword])) for (const item of value) yield [sub, item]
    for (const [index, sub] of listOf(here.prefixItems).entries()) yield [sub, value[index]]
  } else if (isObject(value)) yield* memberSubschemas(here, value)
}

function* memberSubschemas(
  here: Readonly<Record<string, unknown>>,
  value: Readonly<Record<string, unknown>>,
): Generator<[unknown, unknown]> {
  for (const [name, sub] of Object.entries(isObject(here.properties) ? here.properties : {}))
    if (Object.hasOwn(value, name)) yield [sub, value[name]]
  const everywhere = [here.additionalProperties, here.unevaluatedProperties]
  if (isObject(here.patternProperties)) everywhere.push(...Object.values(here.patternProperties))
  for (const sub of everywhere) if (isObject(sub)) for (const member of Object.values(value)) yield [sub, member]
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : isObject(value) ? [value] : []
}

/** Resolves local pointers, anchors and ids; a missing one costs nothing, since it will not compile either. */
function resolve(root: unknown, reference: string): unknown {
  if (reference === '#') return root
  if (!reference.startsWith('#/')) return root
  let target: unknown = root
  for (const part of reference.slice(2).split('/')) {
    const key = safeDecode(part).replaceAll('~1', '/').replaceAll('~0', '~')
    target = Array.isArray(target)
      ? target[Number(key)]
      : isObject(target) && Object.hasOwn(target, key)
        ? target[key]
        : undefined
  }
  return target
}

function safeDecode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
