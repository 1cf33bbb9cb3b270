import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { namesTag } from './etags.ts'

/** Content codings, the better one first. */
export const codings = ['br', 'gzip'] as const
export type Coding = (typeof codings)[number]

type Read = () => Promise<Uint8Array | string>

/** A file of ours, read once when it is first asked for. */
export interface StaticFile {
  readonly path: string
  readonly media_type: string
  /** Its name changes with its content, so clients may keep it for ever. */
  readonly is_immutable?: boolean
  readonly headers?: Readonly<Record<string, string>>
  /** The same file, already compressed. */
  readonly compressed?: Readonly<Partial<Record<Coding, Read>>>
  readonly read: Read
}

export type SendFile = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>

/** Serves them to anybody, with an ETag, outside the envelope. */
export function registerFiles(app: FastifyInstance, files: readonly StaticFile[]): void {
  for (const file of files) app.get(file.path, { exposeHeadRoute: true }, senderOf(file))
}

/** Answers requests with one file: compressed as the client takes it, or not at all where the client has it. */
export function senderOf(file: StaticFile): SendFile {
  const { compressed = {}, read, is_immutable, headers, media_type } = file
  const offeredCodings = codings.filter((coding) => compressed[coding])
  const filesByCoding = new Map<Coding | 'identity', Promise<LoadedFile>>()
  return async (request, reply) => {
    const coding = codingFor(request.headers['accept-encoding'], offeredCodings)
    const loadedFile = filesByCoding.get(coding) ?? load((coding !== 'identity' && compressed[coding]) || read)
    filesByCoding.set(coding, loadedFile)
    const { bytes, etag } = await loadedFile
    reply.headers({
      etag,
      'cache-control': is_immutable ? `public, max-age=${year_s}, immutable` : 'no-cache',
      'content-type': media_type,
      ...(offeredCodings.length > 0 && { vary: 'Accept-Encoding' }),
      ...headers,
    })
    if (namesTag(request.headers['if-none-match'], etag)) return reply.code(304).send()
    if (coding !== 'identity') reply.header('content-encoding', coding)
    return reply.send(bytes)
  }
}

const year_s = 31_536_000

interface LoadedFile {
  readonly bytes: Buffer
  /** The ETag of these bytes: another coding is another representation (RFC 9110 §8.8.3). */
  readonly etag: string
}

async function load(read: Read): Promise<LoadedFile> {
  const bytes = Buffer.from(await read())
  return { bytes, etag: `"${createHash('sha256').update(bytes).digest('base64url')}"` }
}

/** The best offered coding that the client accepts (RFC 9110 §12.5.3); a weight of 0 means not at all. */
function codingFor(acceptEncoding: string | undefined, offeredCodings: readonly Coding[]): Coding | 'identity' {
  const weights = new Map<string, number>()
  for (const part of (acceptEncoding ?? '').toLowerCase().split(',')) {
    const [name = '', ...parameters] = part.split(';').map((word) => word.trim())
    const weight = parameters.find((word) => word.startsWith('q='))?.slice('q='.length)
    weights.set(name, weight === undefined ? 1 : Number(weight))
  }
  return offeredCodings.find((coding) => (weights.get(coding) ?? weights.get('*') ?? 0) > 0) ?? 'identity'
}
