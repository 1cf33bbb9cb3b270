import type { ErrorCode } from '@muster/contract/errors'

export interface ErrorDetail {
  readonly field?: string
  readonly value?: unknown
  readonly limit?: unknown
  readonly retry_after_ms?: number
  readonly remedy?: string
  readonly [more: string]: unknown
}

/**
 * An expected failure: a code of the contract's error table, and a message that says what was wrong, with what value,
 * and what to do.
 */
export class MusterError extends Error {
  override readonly name = 'MusterError'
  readonly code: ErrorCode
  readonly detail: ErrorDetail

  constructor(code: ErrorCode, message: string, detail: ErrorDetail = {}) {
    super(message)
    this.code = code
    this.detail = detail
  }
}

/** The error for a missing thing, and for one of another organization: the two must look the same (invariant 12). */
export function notFound(noun: string, id: string): MusterError {
  return new MusterError('not_found', `Not found: ${noun} ${id}.`, { value: id })
}

export function invalid(field: string, message: string, value?: unknown): MusterError {
  return new MusterError('invalid', message, value === undefined ? { field } : { field, value })
}

/** Throws for a mistake of ours, which is reported as `internal`. No caller's input leads here. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`invariant broken: ${message}`)
}

/** The caller has none of the permissions, one of which is needed. */
export function forbidden(...permissions: readonly string[]): MusterError {
  const names = permissions.join(' or ')
  return new MusterError('forbidden', `The API key lacks the permission ${names}.`, { permission: names })
}
