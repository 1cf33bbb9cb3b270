import type { ErrorCode } from '@muster/contract/errors'
import type { Operation } from '@muster/contract/operation'
import { type ErrorDetail, invalid, invariant, MusterError } from '../../errors.ts'
import { type BoundedFunction, boundedFunction } from '../../threads/bounded-function.ts'
import { type SerializedParts, serializeParts } from '../../threads/serialized-parts.ts'
import { checkedShape, checkNames, parseJsonBody } from './json-body.ts'
import { parseInput } from './validation.ts'

export interface BodyInput {
  readonly operation_id: string
  /** The pieces of the body as they arrived. */
  readonly chunks: readonly Uint8Array<ArrayBuffer>[]
}

/** A `MusterError` as data, for leaving a thread. */
export interface Refusal {
  readonly code: ErrorCode
  readonly message: string
  readonly detail: ErrorDetail
}

export type BodyOutput = { readonly parts: SerializedParts } | { readonly refusal: Refusal }

const time_ms = 10_000

/** The bounded function that parses the bodies of these operations in a thread. */
export function bodyFunction(operations: readonly Operation[]): BoundedFunction<BodyInput, BodyOutput> {
  const byId = new Map(operations.map((operation) => [operation.id, operation]))
  return boundedFunction({
    name: 'http.body',
    subject: 'Reading the body',
    remedy: 'Send a smaller body.',
    time_ms,
    // It is only called for bodies that are not small.
    estimateMs: () => Number.POSITIVE_INFINITY,
    run({ operation_id, chunks }: BodyInput): BodyOutput {
      const operation = byId.get(operation_id)
      invariant(operation, `${operation_id} is known in the thread`)
      try {
        const bytes = Buffer.concat(chunks)
        checkedShape(bytes)
        return { parts: serializeParts(parsedJson(operation, bytes)) }
      } catch (error) {
        if (!(error instanceof MusterError)) throw error
        const { code, message, detail } = error
        return { refusal: { code, message, detail } }
      }
    },
    inputBytes: ({ chunks }) => chunks.map(({ buffer }) => buffer),
    outputBytes: (output) => ('parts' in output ? output.parts.map(({ buffer }) => buffer) : []),
  })
}

/** A body that has been checked for its shape. */
export function parsedJson(operation: Operation, bytes: Uint8Array): unknown {
  // What goes on to providers of models is read as they read it.
  const value = parseJsonBody(bytes, { exact: operation.errors === 'envelope' })
  checkNames(value)
  return parseInput(operation.body, value)
}

/** An absent body counts as an empty object where the schema allows that. */
export function absentBody(operation: Operation): unknown {
  const absent = operation.body.safeParse(undefined)
  return absent.success ? absent.data : parseInput(operation.body, {})
}

export function refuseContent(bytes: Buffer): undefined {
  const text = bytes.toString('utf8').trim()
  if (text !== '' && text !== '{}') throw invalid('', 'This operation does not accept a body.')
  return undefined
}
