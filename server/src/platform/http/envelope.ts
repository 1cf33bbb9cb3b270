import { type ErrorCode, errorTable } from '@muster/contract/errors'
import { fieldOf } from '@muster/contract/platform/objects'
import { cutText } from '@muster/contract/texts/graphemes'
import { type ErrorDetail, MusterError } from '../errors.ts'

/** A failure on its way out. */
export interface Failure {
  readonly status: number
  readonly code: ErrorCode
  readonly message: string
  readonly detail: ErrorDetail
}

export function successText(data: unknown, request_id: string): string {
  return `{"success":true,"data":${JSON.stringify(data) ?? 'null'},"error":null,"metadata":${metadata(request_id)}}`
}

export function failureText({ code, message, detail }: Failure, request_id: string): string {
  const error = JSON.stringify({ code, message, detail, request_id })
  return `{"success":false,"data":null,"error":${error},"metadata":${metadata(request_id)}}`
}

/** Expected failures keep their code; anything else is a mistake of ours and reveals nothing. */
export function failureOf(error: unknown): Failure {
  if (error instanceof MusterError)
    return { status: errorTable[error.code].status, code: error.code, message: error.message, detail: error.detail }
  const failure = frameworkFailure(error)
  if (failure) return failure
  const message = 'Internal server error. Look up the request ID in the server log.'
  return { status: 500, code: 'internal', message, detail: {} }
}

/** Errors of the HTTP library as errors of the contract. */
function frameworkFailure(error: unknown): Failure | undefined {
  const code = fieldOf(error, 'code')
  const statusCode = fieldOf(error, 'statusCode')
  if (typeof code !== 'string' || typeof statusCode !== 'number' || statusCode < 400 || statusCode > 499)
    return undefined
  const ours =
    code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE' ? 'media_type' : statusCode === 413 ? 'too_large' : 'unparseable'
  const message =
    error instanceof Error ? cutText(error.message, message_characters_max) : 'The request cannot be read.'
  return { status: errorTable[ours].status, code: ours, message, detail: {} }
}

const message_characters_max = 300

function metadata(request_id: string): string {
  return `{"timestamp":"${new Date().toISOString()}","request_id":${JSON.stringify(request_id)}}`
}
