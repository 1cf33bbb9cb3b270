import { limits } from '@muster/contract/limits'
import type { Operation } from '@muster/contract/operation'
import { createYielder } from '../../concurrency/event-loop.ts'
import { MusterError } from '../../errors.ts'
import type { Bounded } from '../../threads/bounded.ts'
import { deserializeParts } from '../../threads/serialized-parts.ts'
import { absentBody, type BodyOutput, bodyFunction, parsedJson, refuseContent } from './body-function.ts'
import { checkedShape } from './json-body.ts'
import type { JsonShape } from './json-shape.ts'

/** Parses a body by its operation's schema. The pieces belong to it from then on. @throws MusterError */
export type ParseBody = (operation: Operation, chunks: readonly Buffer[], signal: AbortSignal) => Promise<unknown>

/** The values of larger bodies are counted in a thread too. */
const counted_bytes_max = 1024 * 1024
const ms_per_byte = 0.000_01
/** Time for parsing and for a schema that was not used lately. */
const ms_per_value = 0.0015
const inline_ms_max = 12
const retry_after_ms = 1000

/** The thread has a function of this name for every operation; here it is never run. */
const inThread = bodyFunction([])

/** Small bodies are parsed at once, others in a thread, so that the main thread keeps answering (invariant 25). */
export function createParseBody(bounded: Pick<Bounded, 'run'> | undefined): ParseBody {
  let waiting_bytes = 0

  async function parseInThread(
    { run }: Pick<Bounded, 'run'>,
    { operation, chunks, signal }: LargeBody,
  ): Promise<BodyOutput> {
    const size_bytes = sizeOf(chunks)
    if (waiting_bytes + size_bytes > limits.bodies_waiting_bytes_max) throw tooMany()
    waiting_bytes += size_bytes
    try {
      const input = { operation_id: operation.id, chunks: chunks.map(ownBytes) }
      return await run(inThread, input, signal)
    } finally {
      waiting_bytes -= size_bytes
    }
  }

  return async (operation, chunks, signal) => {
    if (operation.body_content === 'none') return refuseContent(Buffer.concat(chunks))
    const size_bytes = sizeOf(chunks)
    if (size_bytes === 0) return absentBody(operation)
    if (!bounded || size_bytes <= counted_bytes_max) {
      const bytes = Buffer.concat(chunks)
      const is_cheap = isCheap(checkedShape(bytes), size_bytes)
      if (!bounded || is_cheap) return parsedJson(operation, bytes)
    }
    const output = await parseInThread(bounded, { operation, chunks, signal })
    if ('refusal' in output) throw new MusterError(output.refusal.code, output.refusal.message, output.refusal.detail)
    const yielder = createYielder()
    const body = await deserializeParts(output.parts, yielder)
    // The handler of a large body begins in a turn of its own.
    await yielder.yieldNow()
    return body
  }
}

interface LargeBody {
  readonly operation: Operation
  readonly chunks: readonly Uint8Array[]
  readonly signal: AbortSignal
}

const sizeOf = (chunks: readonly Uint8Array[]): number => chunks.reduce((sum, { length }) => sum + length, 0)

function isCheap({ values, names }: JsonShape, size_bytes: number): boolean {
  return size_bytes * ms_per_byte + (values + names) * ms_per_value <= inline_ms_max
}

/** Bytes that can be moved; a part of a larger buffer is copied. */
function ownBytes({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array<ArrayBuffer> {
  const isWhole = buffer instanceof ArrayBuffer && byteLength === buffer.byteLength
  return isWhole ? new Uint8Array(buffer) : new Uint8Array(new Uint8Array(buffer, byteOffset, byteLength))
}

function tooMany(): MusterError {
  return new MusterError('unavailable', 'Too many large requests at the moment. Nothing was changed. Try again.', {
    limit: limits.bodies_waiting_bytes_max,
    retry_after_ms,
  })
}
