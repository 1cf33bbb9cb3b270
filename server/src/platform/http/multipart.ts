import type { Multipart } from '@fastify/multipart'
import { limits } from '@muster/contract/limits'
import type { Operation } from '@muster/contract/operation'
import { fieldOf } from '@muster/contract/platform/objects'
import { cutText } from '@muster/contract/texts/graphemes'
import { invalid, MusterError } from '../errors.ts'
import { parseInput } from './body/validation.ts'
import type { UploadedFile } from './route.ts'

/** Limits of one form. A file may be one byte larger, so that our own test below reports it. */
export const formLimits = {
  preservePath: true,
  throwFileSizeLimit: false,
  limits: {
    fileSize: limits.upload_file_bytes_max + 1,
    files: limits.goal_input_files_max,
    fields: 50,
    fieldSize: limits.goal_text_bytes_max,
    fieldNameSize: limits.key_characters_max,
    parts: limits.goal_input_files_max + 50,
  },
} as const

/** Reads the fields of a form, which come first, and leaves its files to be read one after the other. */
export async function readForm(
  operation: Operation,
  form: AsyncIterableIterator<Multipart>,
): Promise<{ readonly body: unknown; readonly files: AsyncIterable<UploadedFile> }> {
  const parts = readable(form)
  const fields: Record<string, unknown> = {}
  for (;;) {
    const next = await parts.next()
    if (!next.done && next.value.type === 'field') {
      addField(fields, next.value)
      continue
    }
    const first = next.done ? undefined : next.value
    if (first?.type === 'file' && first.fieldname !== 'file') throw wrongPart(first.fieldname)
    try {
      return { body: parseInput(operation.body, fields), files: filesOf(operation, first, parts) }
    } catch (error) {
      if (first?.type === 'file') first.file.resume()
      throw error
    }
  }
}

/** Errors of the form's parser mean that the body was no form, or broke off. */
async function* readable<Piece>(pieces: AsyncIterable<Piece>): AsyncGenerator<Piece> {
  try {
    yield* pieces
  } catch (error) {
    // Errors for its limits have a status.
    if (typeof fieldOf(error, 'statusCode') === 'number') throw error
    throw new MusterError('unparseable', 'The body is not multipart form data, or it is incomplete.', {
      remedy: 'Send the boundary in the content type, and the complete form.',
    })
  }
}

function addField(fields: Record<string, unknown>, part: Multipart & { type: 'field' }): void {
  const name = cutText(part.fieldname, limits.key_characters_max)
  if (part.valueTruncated)
    throw new MusterError('too_large', `The field ${name} is too long.`, {
      limit: limits.goal_text_bytes_max,
      field: name,
    })
  if (Object.hasOwn(fields, name)) throw invalid(name, `The field ${name} is sent twice.`)
  fields[name] = part.value
}

async function* filesOf(
  operation: Operation,
  first: Multipart | undefined,
  otherParts: AsyncIterableIterator<Multipart>,
): AsyncGenerator<UploadedFile> {
  const uploadSize = { bytes: 0, bytes_max: operation.limits.body_bytes }
  if (first?.type === 'file') yield* oneFile(first, uploadSize)
  for await (const part of otherParts) {
    if (part.type === 'field')
      throw invalid(cutText(part.fieldname, limits.key_characters_max), 'Send fields before files.')
    yield* oneFile(part, uploadSize)
  }
}

interface UploadSize {
  bytes: number
  readonly bytes_max: number
}

async function* oneFile(part: Multipart & { type: 'file' }, uploadSize: UploadSize): AsyncGenerator<UploadedFile> {
  if (part.fieldname !== 'file') {
    part.file.resume()
    throw wrongPart(part.fieldname)
  }
  yield { file_name: part.filename ?? '', media_type: part.mimetype, content: countBytes(part, uploadSize) }
  // A handler that stopped early still lets the rest of the form be read.
  part.file.resume()
}

async function* countBytes(part: Multipart & { type: 'file' }, uploadSize: UploadSize): AsyncGenerator<Uint8Array> {
  let bytes = 0
  // Without an encoding set, a stream of a form gives buffers.
  for await (const buffer of readable<Buffer>(part.file)) {
    bytes += buffer.length
    uploadSize.bytes += buffer.length
    if (bytes > limits.upload_file_bytes_max)
      throw tooLarge(`The file ${cutText(part.filename, 200)}`, limits.upload_file_bytes_max)
    if (uploadSize.bytes > uploadSize.bytes_max) throw tooLarge('The upload', uploadSize.bytes_max)
    yield buffer
  }
}

function tooLarge(what: string, limit: number): MusterError {
  return new MusterError('too_large', `${what} is larger than ${limit} bytes.`, { limit })
}

function wrongPart(name: string): MusterError {
  return invalid(cutText(name, limits.key_characters_max), 'Send files in parts named "file".')
}
