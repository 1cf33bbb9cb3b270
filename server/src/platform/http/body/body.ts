import type { IncomingMessage } from 'node:http'
import type { Operation } from '@muster/contract/operation'
import { cutText } from '@muster/contract/texts/graphemes'
import { MusterError } from '../../errors.ts'

/** Where an operation takes no body, an empty JSON object and some white space do no harm. */
const ignored_body_bytes_max = 1024

export function bodyBytesMax(operation: Operation): number {
  return Math.max(operation.limits.body_bytes, ignored_body_bytes_max)
}

/** Refuses what the headers alone show to be wrong with a body, before any of it is read. */
export function checkBodyHeaders(operation: Operation, request: IncomingMessage): void {
  const length = Number(request.headers['content-length'] ?? 0)
  if (length > bodyBytesMax(operation)) throw tooLarge(bodyBytesMax(operation))
  if (!hasBody(request)) return
  refuseEncoded(request.headers['content-encoding'])
  if (operation.body_content === 'none') return
  const type = request.headers['content-type'] ?? ''
  const media_type = type.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  const expectedType = operation.body_content === 'json' ? 'application/json' : 'multipart/form-data'
  const fits =
    media_type === expectedType ||
    (operation.body_content === 'json' && /^application\/[\w.-]+\+json$/.test(media_type))
  if (!fits) throw wrongType(type, expectedType)
  const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(type)?.[1]?.toLowerCase()
  if (operation.body_content === 'json' && charset !== undefined && charset !== 'utf-8' && charset !== 'utf8')
    throw wrongType(type, `${expectedType} in UTF-8`)
}

/** Bodies with a content encoding are refused, since they would be misread (RFC 9110 §8.4). */
function refuseEncoded(encoding: string | undefined): void {
  const encodings = (encoding ?? '').split(',').map((name) => name.trim().toLowerCase())
  const unknown = encodings.find((name) => name !== '' && name !== 'identity')
  if (unknown === undefined) return
  throw new MusterError(
    'media_type',
    `The body has the content encoding ${cutText(unknown, 100)}; only unencoded bodies are supported.`,
    {
      value: cutText(unknown, 100),
      remedy: 'Send the body without Content-Encoding.',
    },
  )
}

export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

/** Reads a body to its end, up to the operation's limit. Returns its pieces as they arrived. */
export async function readBody(operation: Operation, request: IncomingMessage): Promise<readonly Buffer[]> {
  if (!hasBody(request)) return []
  const bytes_max = bodyBytesMax(operation)
  const chunks: Buffer[] = []
  let bytes = 0
  return new Promise((resolve, reject) => {
    const settle = (end: () => void): void => {
      request.off('data', onData).off('end', onEnd).off('error', onError).off('close', onError)
      end()
    }
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length
      chunks.push(chunk)
      if (bytes > bytes_max) settle(() => reject(tooLarge(bytes_max)))
    }
    const onEnd = (): void => settle(() => resolve(chunks))
    const onError = (): void =>
      settle(() => reject(new MusterError('unparseable', 'The request ended before its body was complete.')))
    request.on('data', onData).on('end', onEnd).on('error', onError).on('close', onError)
  })
}

function tooLarge(bytes_max: number): MusterError {
  return new MusterError('too_large', `The body is larger than ${bytes_max} bytes.`, { limit: bytes_max })
}

function wrongType(actualType: string, expectedType: string): MusterError {
  const type = actualType === '' ? 'no content type' : `the content type ${cutText(actualType, 100)}`
  return new MusterError('media_type', `The body has ${type}; this operation requires ${expectedType}.`, {
    remedy: `Send Content-Type: ${expectedType}.`,
  })
}
