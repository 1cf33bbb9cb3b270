/**
 * Compiles JSON Schemas of callers, within bounds, and keeps the latest ones. Patterns run on RE2, `uniqueItems` is
 * linear, remote references are not followed.
 */

import { createHash } from 'node:crypto'
import { limits } from '@muster/contract/limits'
import { cutText } from '@muster/contract/texts/graphemes'
import { Ajv, type ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { compileUserPattern } from './user-patterns.ts'

const compiled_max = 200
const validators = new Map<string, ValidateFunction | string>()

/** The problem of a schema in a plan; null where it can be used. */
export function schemaProblem(output_schema: unknown): string | null {
  if (!isSchema(output_schema)) return null
  const validate = compiledSchema(output_schema)
  return typeof validate === 'string' ? cutText(validate, limits.name_characters_max) : null
}

/** An object with something in it; an empty one asks for nothing. */
export function isSchema(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0
}

/** The compiled schema, or why it cannot be compiled; the least recently used one makes room. */
export function compiledSchema(schema: Record<string, unknown>): ValidateFunction | string {
  const text = JSON.stringify(schema)
  const longest = limits.schema_characters_max
  if (text.length > longest) return `the schema is longer than ${longest} characters`
  const key = text.length > 256 ? createHash('sha256').update(text).digest('base64') : text
  const validate = validators.get(key) ?? compile(schema)
  validators.delete(key)
  const [oldest] = validators.keys()
  if (validators.size >= compiled_max && oldest !== undefined) validators.delete(oldest)
  validators.set(key, validate)
  return validate
}

const dialects = new Map<string, Ajv | Ajv2020>()

/**
 * Compiles without optimisation, which would take longer than all the rest for a large schema. Ajv forgets a schema
 * after it is compiled, so that nothing of it (`$id`) is known to another.
 */
function compile(schema: Record<string, unknown>): ValidateFunction | string {
  // An asynchronous validator would pass everything, so `$async` is removed.
  const { $schema, $async: _, ...rest } = schema
  const ajv = dialect(/draft-0[467]/.test(String($schema)) ? 'draft-07' : '2020-12')
  try {
    return ajv.compile(rest)
  } catch (error) {
    return `invalid schema: ${error instanceof Error ? error.message : String(error)}`
  } finally {
    ajv.removeSchema(rest)
    if (typeof rest.$id === 'string') ajv.removeSchema(rest.$id)
  }
}

function dialect(name: 'draft-07' | '2020-12'): Ajv | Ajv2020 {
  const existingDialect = dialects.get(name)
  if (existingDialect) return existingDialect
  const regExp = Object.assign(linear, { code: 'linear' })
  const options = { strict: false, validateFormats: false, logger: false, code: { regExp, optimize: false } } as const
  const ajv = name === 'draft-07' ? new Ajv(options) : new Ajv2020(options)
  ajv.removeKeyword('uniqueItems')
  const validate = (keywordValue: unknown, items: unknown[]): boolean => keywordValue !== true || areUnique(items)
  ajv.addKeyword({ keyword: 'uniqueItems', type: 'array', validate })
  dialects.set(name, ajv)
  return ajv
}

/** Ajv identifies patterns by `toString`. */
function linear(pattern: string): { test(text: string): boolean; toString(): string } {
  const re2 = compileUserPattern(pattern)
  if (!re2) throw new Error(`invalid RE2 pattern: ${pattern}`)
  return { test: (text) => re2.matcher(text).find(), toString: () => pattern }
}

/** Equal in the sense of JSON Schema: the order of properties does not matter. */
function areUnique(items: readonly unknown[]): boolean {
  return new Set(items.map((item) => JSON.stringify(item, sortKeys))).size === items.length
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
}
