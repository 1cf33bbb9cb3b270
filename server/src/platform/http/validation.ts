import type { z } from 'zod'
import { MusterError } from '../errors.ts'

/**
 * Validates a part of a request by its schema. Throws `invalid` for the first problem, with the field as a dotted path
 * and the value where it is small: an input may have megabytes, which an answer does not repeat.
 */
export function parsed(schema: z.ZodType, value: unknown): unknown {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const { path, message } = deepest(result.error.issues)
  const field = shortened(path.map(String).join('.'), field_characters_max)
  const given = small(at(value, path))
  const text = `${field === '' ? 'The request' : field}: ${shortened(message, message_characters_max)}`
  throw new MusterError('invalid', text, given === undefined ? { field } : { field, value: given })
}

const field_characters_max = 300
const message_characters_max = 300
const value_characters_max = 100

interface Found {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

/** The first issue; inside a union that of the branch that got furthest, which was most likely meant. */
function deepest(issues: readonly z.core.$ZodIssue[]): Found {
  const [issue] = issues
  if (issue === undefined) return { path: [], message: 'is invalid' }
  if (issue.code === 'unrecognized_keys')
    return { path: [...issue.path, issue.keys[0] ?? ''], message: 'is not a known field' }
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return { path: issue.path, message: issue.message }
  const branches = issue.errors.map((branch) => deepest(branch))
  const furthest = branches.reduce((best, branch) => (branch.path.length > best.path.length ? branch : best))
  return { path: [...issue.path, ...furthest.path], message: furthest.message }
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  let found = value
  for (const step of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, step)) return undefined
    found = (found as Record<PropertyKey, unknown>)[step]
  }
  return found
}

function small(value: unknown): unknown {
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value
  return typeof value === 'string' && value.length <= value_characters_max ? value : undefined
}

function shortened(text: string, characters_max: number): string {
  return text.length <= characters_max ? text : `${text.slice(0, characters_max)}…`
}
