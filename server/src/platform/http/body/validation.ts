import { type ErrorCode, errorTable } from '@muster/contract/errors'
import { fieldOf } from '@muster/contract/platform/objects'
import { cutText } from '@muster/contract/texts/graphemes'
import type { z } from 'zod'
import { MusterError } from '../../errors.ts'

/**
 * Validates a part of a request by its schema. Throws `invalid` for the first problem, with the field as a dotted path
 * and the value where it is small: an input may have megabytes, which an answer does not repeat.
 */
export function parseInput(schema: z.ZodType, value: unknown): unknown {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const [first] = result.error.issues
  if (first?.code === 'custom' && isErrorCode(first.params?.code)) {
    const { code, value: wrong } = first.params
    const field = shorten(first.path.map(String).join('.'), field_characters_max)
    throw new MusterError(code, shorten(first.message, message_characters_max), { field, value: small(wrong) })
  }
  const { path, message } = deepest(result.error.issues)
  const field = shorten(path.map(String).join('.'), field_characters_max)
  const invalidValue = small(at(value, path))
  const text = `${field === '' ? 'The request' : field}: ${shorten(message, message_characters_max)}`
  throw new MusterError('invalid', text, invalidValue === undefined ? { field } : { field, value: invalidValue })
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
  let current = value
  for (const step of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, step)) return undefined
    current = fieldOf(current, step)
  }
  return current
}

function small(value: unknown): unknown {
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value
  return typeof value === 'string' && value.length <= value_characters_max ? value : undefined
}

function shorten(text: string, characters_max: number): string {
  return text.length <= characters_max ? text : `${cutText(text, characters_max)}…`
}

function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(errorTable, code)
}
