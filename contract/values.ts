import { z } from 'zod'
import { platformLimits } from './platform/limits.ts'

/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject
/** A JSON object. */
export type JsonObject = { readonly [key: string]: Json }

/** The same data, readonly all the way down. */
export type Data<T> = Json extends T
  ? T
  : T extends string | number | boolean | null | undefined
    ? T
    : T extends readonly (infer Item)[]
      ? readonly Data<Item>[]
      : T extends object
        ? { readonly [Key in keyof T]: Data<T[Key]> }
        : T

/**
 * A string that PostgreSQL can store and JSON can carry: no null character, no lone surrogate. `max` counts UTF-16 units,
 * `max_bytes` counts UTF-8 bytes.
 */
export function text({ min = 0, max, max_bytes }: { min?: number; max?: number; max_bytes?: number } = {}) {
  const ceiling = max ?? max_bytes ?? platformLimits.inline_bytes_max
  return z
    .string()
    .min(min)
    .max(ceiling, { abort: true })
    .refine(isCleanText, { error: 'must not contain null characters or lone surrogates' })
    .refine((value) => max_bytes === undefined || utf8Bytes(value) <= max_bytes, {
      error: `must be at most ${max_bytes} bytes of UTF-8`,
    })
}

/** A name or title: not empty, not only white space; stored composed (NFC), so that the same letters are the same name. */
export const name = text({ min: 1, max: platformLimits.name_characters_max })
  .refine((value) => value.trim() !== '', { error: 'must not be empty' })
  .normalize('NFC')

/** An agent is named by its id or by its name, which is what the earlier systems called `agent_id`. */
export const agentRef = text({ min: 1, max: platformLimits.name_characters_max }).normalize('NFC')

/** How providers and models are named: what may stand in a path and in a header. */
export const modelName = text({ min: 1, max: platformLimits.name_characters_max }).regex(
  /^[A-Za-z0-9][A-Za-z0-9._:@-]*(\/[A-Za-z0-9][A-Za-z0-9._:@-]*)*$/,
  'must hold only letters, digits and . _ : @ - / and begin with a letter or digit, and so must each part behind a /',
)

/** The name of a provider of models. */
export const providerName = text({ min: 1, max: platformLimits.name_characters_max }).regex(
  /^[A-Za-z0-9][A-Za-z0-9._:@-]*$/,
  'must begin with a letter or digit and hold only letters, digits and . _ : @ -',
)

/** The largest value of a column of type integer. */
export const int4_max = 2_147_483_647

/** An integer for a column of type integer. */
export function int4({ min = 0, max = int4_max }: { min?: number; max?: number } = {}) {
  return z.int().min(min).max(max)
}

/** An integer for a column of type bigint, up to what a JavaScript number holds exactly. */
export function int8({ min = 0, max = Number.MAX_SAFE_INTEGER }: { min?: number; max?: number } = {}) {
  return z.int().min(min).max(max)
}

/** A point in time for a column of type timestamptz: RFC 3339 with offset, in the years 1 to 9999 of UTC. */
export const timestamp = z.iso
  .datetime({ offset: true })
  .max(platformLimits.timestamp_characters_max, { abort: true })
  .refine(isTimestamp, { error: 'must lie in the years 0001 to 9999 in UTC, with an offset of at most 14 hours' })

/** A day for a column of type date. */
export const day = z.iso
  .date()
  .refine((text) => !text.startsWith('0000'), { error: 'must lie in the years 0001 to 9999' })

/** A SHA-256 in 64 lower-case hexadecimal digits. */
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
/** From 0 to 1. */
export const share = z.number().min(0).max(1)
/** Of a document, policy or persona. */
export const version = int4()

/** Tokens or micro-USD as a caller states them: of one run, one task or one limit. */
export const amount = int8({ max: platformLimits.amount_max })

/** Numbers in answers. What a caller sends has one of the bounds above. */
export const count = int8()
/** Millionths of a US dollar, in answers. */
export const microUsd = int8()

/** What JSON of a caller may have at most. */
export interface JsonLimits {
  readonly max_bytes?: number
  readonly max_depth?: number
}

/**
 * Any JSON value within limits of size (bytes of its shortest text, escapes not counted) and depth, clean text everywhere inside, keys too.
 * Walked with a stack of its own, once, so neither depth nor length can stall or overflow anything.
 */
export function json({
  max_bytes = platformLimits.inline_bytes_max,
  max_depth = platformLimits.json_depth_max,
}: JsonLimits = {}) {
  const schema = z.unknown().superRefine((value, context) => {
    const problem = jsonProblem(value, { max_bytes, max_depth })
    if (problem !== null) context.addIssue({ code: 'custom', message: problem })
  })
  // The check above is what makes it Json; zod's own recursive schema would recurse on the call stack.
  return withType<Json>(schema)
}

/** A JSON object within the same platformLimits. */
export function jsonObject({
  max_bytes = platformLimits.inline_bytes_max,
  max_depth = platformLimits.json_depth_max,
}: JsonLimits = {}) {
  const schema = z.record(z.string(), z.unknown()).superRefine((value, context) => {
    const problem = jsonProblem(value, { max_bytes, max_depth })
    if (problem !== null) context.addIssue({ code: 'custom', message: problem })
  })
  return withType<JsonObject>(schema)
}

/** The same schema for a type that its refinements hold it to. */
function withType<Value>(schema: z.ZodType): z.ZodType<Value, Value> {
  return schema as z.ZodType<Value, Value>
}

/** What is wrong with a value as JSON within limits, or null. */
export function jsonProblem(root: unknown, { max_bytes, max_depth }: Required<JsonLimits>): string | null {
  const walk: Walk = { bytes: 0, problem: null, pending: [{ value: root, depth: 0 }] }
  for (let next = walk.pending.pop(); next !== undefined; next = walk.pending.pop()) {
    if (next.depth > max_depth) return `must not be nested deeper than ${max_depth} levels`
    visit(next.value, next.depth, walk)
    if (walk.problem !== null) return walk.problem
    if (walk.bytes > max_bytes) return `must be at most ${max_bytes} bytes of JSON`
  }
  return null
}

const first_instant_ms = Date.parse('0001-01-01T00:00:00Z')
const last_instant_ms = Date.parse('9999-12-31T23:59:59.999Z')

function isTimestamp(text: string): boolean {
  const [, hours, minutes] = /[+-](\d\d):(\d\d)$/.exec(text) ?? []
  if (Number(hours ?? 0) * 60 + Number(minutes ?? 0) > 14 * 60) return false
  // PostgreSQL has no year 0, whatever the offset makes of it.
  if (text.startsWith('0000')) return false
  const instant_ms = Date.parse(text)
  return instant_ms >= first_instant_ms && instant_ms <= last_instant_ms
}

/** Whether a string has neither null characters nor lone surrogates. */
export function isCleanText(value: string): boolean {
  return !/[\0\p{Surrogate}]/u.test(value)
}

/** Bytes of a string in UTF-8. */
export function utf8Bytes(value: string): number {
  let bytes = value.length
  for (let at = 0; at < value.length; at++) {
    const unit = value.charCodeAt(at)
    if (unit < 0x80) continue
    // A surrogate pair is two units and four bytes, so each half counts two.
    bytes += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2
  }
  return bytes
}

interface Walk {
  bytes: number
  problem: string | null
  readonly pending: { value: unknown; depth: number }[]
}

function visit(value: unknown, depth: number, walk: Walk): void {
  if (value === null) walk.bytes += 4
  else if (typeof value === 'string') visitText(value, walk)
  else if (typeof value === 'boolean') walk.bytes += value ? 4 : 5
  else if (typeof value === 'number') visitNumber(value, walk)
  else if (Array.isArray(value)) visitItems(value, depth, walk)
  else if (typeof value === 'object') visitEntries(value, depth, walk)
  else walk.problem = 'must be a JSON value'
}

function visitText(value: string, walk: Walk): void {
  walk.bytes += utf8Bytes(value) + 2
  if (!isCleanText(value)) walk.problem = 'must not contain null characters or lone surrogates'
}

function visitNumber(value: number, walk: Walk): void {
  walk.bytes += String(value).length
  if (!Number.isFinite(value)) walk.problem = 'must not hold a number beyond what a double can carry'
}

function visitItems(items: readonly unknown[], depth: number, walk: Walk): void {
  walk.bytes += 2 + Math.max(0, items.length - 1)
  for (const item of items) walk.pending.push({ value: item, depth: depth + 1 })
}

function visitEntries(value: object, depth: number, walk: Walk): void {
  const entries = Object.entries(value)
  walk.bytes += 2 + Math.max(0, entries.length - 1)
  for (const [key, item] of entries) {
    visitText(key, walk)
    walk.bytes += 1
    walk.pending.push({ value: item, depth: depth + 1 })
  }
}
