import { createHash } from 'node:crypto'
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { invariant, MusterError } from '../errors.ts'
import { isUuid, newId } from '../ids.ts'
import { killPoint } from '../kill-points.ts'
import type { HealthFinding } from '../module.ts'
import type { BlobRef, Blobs, SweepOptions } from './blobs.ts'

export interface DirectoryOptions {
  readonly directory: string
  /** Whether content is synced before `write` returns. Off only where losing it does not matter. */
  readonly durable?: boolean
}

const blobBeforeRename = killPoint('artifacts.blob.before_rename')
const blobAfterRename = killPoint('artifacts.blob.after_rename')

const free_bytes_min = 256 * 1024 * 1024
const checked_at_once = 500
const sha256_text = /^[0-9a-f]{64}$/

/**
 * Blobs in a directory: `<organization>/<first two digits>/<sha256>`. No name from outside ever becomes a path. Content
 * goes to a temporary file first, is synced and renamed, so a blob is whole or absent.
 */
export function createDirectoryBlobs({ directory, durable = true }: DirectoryOptions): Blobs {
  const temporary = join(directory, 'tmp')

  async function place(file: string, ref: BlobRef): Promise<void> {
    const path = pathOf(directory, ref)
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    blobBeforeRename()
    await rename(file, path)
    blobAfterRename()
    if (durable) for (const folder of [dirname(path), dirname(dirname(path)), directory]) await syncDirectory(folder)
  }

  return {
    async write(organization_id, content, { bytes_max }) {
      invariant(isUuid(organization_id), 'an organization is a UUID')
      await mkdir(temporary, { recursive: true, mode: 0o700 })
      const file = join(temporary, newId())
      try {
        const stored = await fill(file, content, { bytes_max, durable })
        await place(file, { organization_id, sha256: stored.sha256 })
        return stored
      } catch (error) {
        await rm(file, { force: true })
        throw isFull(error) ? diskFull() : error
      }
    },

    async read(ref, range) {
      const handle = await openBlob(directory, ref)
      return handle.createReadStream({ ...range, autoClose: true })
    },

    async bytes(ref) {
      return readFile(pathOf(directory, ref)).catch((error) => {
        throw isMissing(error) ? missing(ref) : error
      })
    },

    sweep: (options) => sweepDirectory({ directory, temporary }, options),

    async health(): Promise<HealthFinding> {
      await mkdir(temporary, { recursive: true, mode: 0o700 })
      const { bavail, bsize } = await statfs(directory)
      const free_bytes = bavail * bsize
      if (free_bytes >= free_bytes_min) return { status: 'ok', facts: { free_bytes } }
      return {
        status: 'degraded',
        message: 'The disk of the blobs is nearly full.',
        remedy: 'Free some space.',
        facts: { free_bytes },
      }
    },
  }
}

function pathOf(directory: string, { organization_id, sha256 }: BlobRef): string {
  invariant(isUuid(organization_id) && sha256_text.test(sha256), 'a blob is named by an organization and a SHA-256')
  return join(directory, organization_id, sha256.slice(0, 2), sha256)
}

async function fill(
  file: string,
  content: AsyncIterable<Uint8Array>,
  { bytes_max, durable }: { readonly bytes_max: number; readonly durable: boolean },
) {
  const hash = createHash('sha256')
  let size_bytes = 0
  const handle = await open(file, 'wx', 0o600)
  try {
    for await (const chunk of content) {
      size_bytes += chunk.length
      if (size_bytes > bytes_max)
        throw new MusterError('too_large', `The content is larger than ${bytes_max} bytes.`, { limit: bytes_max })
      hash.update(chunk)
      await handle.appendFile(chunk)
    }
    if (durable) await handle.sync()
  } finally {
    await handle.close()
  }
  return { sha256: hash.digest('hex'), size_bytes }
}

async function openBlob(directory: string, ref: BlobRef): Promise<FileHandle> {
  return open(pathOf(directory, ref), 'r').catch((error) => {
    throw isMissing(error) ? missing(ref) : error
  })
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

interface Places {
  readonly directory: string
  readonly temporary: string
}

const trash = '.trash'

async function sweepDirectory({ directory, temporary }: Places, options: SweepOptions): Promise<number> {
  const before_ms = Date.now() - options.older_than_ms
  await tidyTemporary({ directory, temporary }, before_ms)
  let removed = 0
  for (const organization_id of (await list(directory)).filter(isUuid))
    for (const folder of await list(join(directory, organization_id))) {
      const names = (await list(join(directory, organization_id, folder))).filter((name) => sha256_text.test(name))
      for (let at = 0; at < names.length; at += checked_at_once) {
        const refs = names.slice(at, at + checked_at_once).map((sha256) => ({ organization_id, sha256 }))
        const old = await filterAsync(refs, (ref) => isOlder(pathOf(directory, ref), before_ms))
        if (old.length === 0) continue
        const kept = await options.kept(
          organization_id,
          old.map(({ sha256 }) => sha256),
        )
        for (const ref of old)
          if (!kept.has(ref.sha256) && (await remove({ directory, temporary }, ref, before_ms))) removed += 1
      }
    }
  return removed
}

/**
 * The same content may be written again between the question whether it is wanted and its removal. Every write renames a
 * young file over the old one; so the blob is moved aside first, looked at once more, and put back if it is young.
 */
async function remove({ directory, temporary }: Places, ref: BlobRef, before_ms: number): Promise<boolean> {
  const aside = join(temporary, `${ref.organization_id}.${ref.sha256}${trash}`)
  try {
    await rename(pathOf(directory, ref), aside)
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
  if (await isOlder(aside, before_ms)) {
    await rm(aside, { force: true })
    return true
  }
  await rename(aside, pathOf(directory, ref))
  return false
}

/** What broken writes left goes; what an interrupted sweep had moved aside comes back, to be asked about again. */
async function tidyTemporary({ directory, temporary }: Places, before_ms: number): Promise<void> {
  for (const name of await list(temporary)) {
    const path = join(temporary, name)
    const [organization_id = '', sha256 = ''] = name.slice(0, -trash.length).split('.')
    if (name.endsWith(trash)) await rename(path, pathOf(directory, { organization_id, sha256 }))
    else if (await isOlder(path, before_ms)) await rm(path, { force: true })
  }
}

async function list(path: string): Promise<string[]> {
  return readdir(path).catch((error) => {
    if (isMissing(error) || codeOf(error) === 'ENOTDIR') return []
    throw error
  })
}

async function isOlder(path: string, before_ms: number): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  return found !== undefined && found.mtimeMs < before_ms
}

async function filterAsync<Item>(items: readonly Item[], test: (item: Item) => Promise<boolean>): Promise<Item[]> {
  const kept: Item[] = []
  for (const item of items) if (await test(item)) kept.push(item)
  return kept
}

const codeOf = (error: unknown): unknown => (error as { code?: unknown } | null)?.code
const isMissing = (error: unknown): boolean => codeOf(error) === 'ENOENT'
const isFull = (error: unknown): boolean => codeOf(error) === 'ENOSPC' || codeOf(error) === 'EDQUOT'

function missing({ sha256 }: BlobRef): MusterError {
  return new MusterError('unavailable', `The content ${sha256} is missing from the blob store.`, {
    value: sha256,
    remedy: 'Restore the directory of the blobs from the backup that belongs to this database.',
  })
}

function diskFull(): MusterError {
  return new MusterError('unavailable', 'The disk of the blobs is full; nothing was kept.', {
    remedy: 'Free some space.',
  })
}
