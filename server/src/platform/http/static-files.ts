import { createHash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'

/** A file of ours, read once when it is first asked for. */
export interface StaticFile {
  readonly path: string
  readonly media_type: string
  read(): Promise<Uint8Array | string>
}

/** Serves them to anybody, with an ETag, outside the envelope. */
export function registerFiles(app: FastifyInstance, files: readonly StaticFile[]): void {
  for (const file of files) {
    let loaded: Promise<{ readonly bytes: Buffer; readonly etag: string }> | undefined
    app.get(file.path, { exposeHeadRoute: true }, async (request, reply) => {
      loaded ??= load(file)
      const { bytes, etag } = await loaded
      reply.headers({ etag, 'cache-control': 'no-cache', 'content-type': file.media_type })
      return request.headers['if-none-match'] === etag ? reply.code(304).send() : reply.send(bytes)
    })
  }
}

async function load(file: StaticFile) {
  const bytes = Buffer.from(await file.read())
  return { bytes, etag: `"${createHash('sha256').update(bytes).digest('base64url')}"` }
}
