import { createHash } from 'node:crypto'
import { type FileHandle, mkdir, open, rename, rm, stat, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { invariant, MusterError } from '../errors.ts'
import type { HealthFinding } from '../health-check.ts'
import { isUuid, newId } from '../ids.ts'
import { killPoint } from '../kill-points.ts'
import type { BlobRef, Blobs, SweepOptions } from './blobs.ts'
import { createIntegrity, type Integrity } from './integrity.ts'
import { isMissing, list, pathOf, sha256_text } from './paths.ts'
import { createStorageOutage } from './storage-outage.ts'
import { createVerifyRound } from './verify-round.ts'

export interface DirectoryOptions {
  readonly directory: string
  /** Whether content is synced before `write` returns. Off only where losing it does not matter. */
  readonly durable?: boolean
  /** Called as content is seen damaged or gone. */
  onDamaged?(ref: BlobRef): void
}

const blobBeforeRename = killPoint('artifacts.blob.before_rename')
const blobAfterRename = killPoint('artifacts.blob.after_rename')

const free_bytes_min = 256 * 1024 * 1024
const checked_at_once = 500

/**
 * Blobs in a directory: `<organization>/<first two digits>/<sha256>`. No name from outside ever becomes a path. Content
 * goes to a temporary file first, is synced and renamed, so a blob is whole or absent.
 */
export function createDirectoryBlobs({ directory, durable = true, onDamaged }: DirectoryOptions): Blobs {
  const temporary = join(directory, 'tmp')
  const storage = createStorageOutage(temporary)
  const integrity = createIntegrity({ pathOf: (ref) => pathOf(directory, ref), ...(onDamaged && { onDamaged }) })

  async function place(file: string, ref: BlobRef): Promise<void> {
    const path = pathOf(directory, ref)
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    blobBeforeRename()
    await rename(file, path)
    blobAfterRename()
    if (durable) for (const folder of [dirname(path), dirname(dirname(path)), directory]) await syncDirectory(folder)
    integrity.recordRewrite(ref)
  }

  return {
    async write(organization_id, content, { bytes_max }) {
      invariant(isUuid(organization_id), 'an organization is a UUID')
      const file = join(temporary, newId())
      try {
        await mkdir(temporary, { recursive: true, mode: 0o700 })
        const storedBlob = await fill(file, content, { bytes_max, durable })
        await place(file, { organization_id, sha256: storedBlob.sha256 })
        storage.works()
        return storedBlob
      } catch (error) {
        await rm(file, { force: true }).catch(() => {})
        throw storage.failed(error)
      }
    },

    async read(ref, range) {
      // A large file may be read in many small ranges: the whole is not hashed for each.
      const handle = await openVerified({ directory, integrity }, ref, { lately: range !== undefined })
      return handle.createReadStream({ start: 0, ...range, autoClose: true })
    },

    async bytes(ref) {
      const handle = await openBlob({ directory, integrity }, ref)
      try {
        return await integrity.content(handle, ref)
      } finally {
        await handle.close()
      }
    },

    verifyNext: createVerifyRound(directory, integrity),

    sweep: (options) => sweepDirectory({ directory, temporary }, options),

    async health() {
      const outage = await storage.current()
      if (outage !== undefined) return { status: 'failing', message: `${outage.cause}.`, remedy: outage.remedy }
      return healthOf({ directory, temporary, integrity })
    },
  }
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

interface VerifiedDirectory {
  readonly directory: string
  readonly integrity: Integrity
}

function openBlob({ directory, integrity }: VerifiedDirectory, ref: BlobRef): Promise<FileHandle> {
  return open(pathOf(directory, ref), 'r').catch((error) => {
    if (!isMissing(error)) throw error
    integrity.recordLoss(ref)
    throw missingContent(ref)
  })
}

/** Opens a blob and tests that it is what was stored. */
async function openVerified(
  { directory, integrity }: VerifiedDirectory,
  ref: BlobRef,
  how?: { readonly lately: boolean },
): Promise<FileHandle> {
  const handle = await openBlob({ directory, integrity }, ref)
  try {
    await integrity.verify(handle, ref, how)
    return handle
  } catch (error) {
    await handle.close()
    throw error
  }
}

async function healthOf({
  directory,
  temporary,
  integrity,
}: VerifiedDirectory & BlobDirectories): Promise<HealthFinding> {
  await mkdir(temporary, { recursive: true, mode: 0o700 })
  const { bavail, bsize } = await statfs(directory)
  const free_bytes = bavail * bsize
  const damagedCount = await integrity.damagedCount()
  if (damagedCount > 0) return damagedFinding(damagedCount, free_bytes)
  if (free_bytes >= free_bytes_min) return { status: 'ok', facts: { free_bytes } }
  return {
    status: 'degraded',
    message: 'The blob store’s disk is nearly full.',
    remedy: 'Free up disk space.',
    facts: { free_bytes },
  }
}

/** Anybody may read health, so it names no content: the log does. */
function damagedFinding(damagedCount: number, free_bytes: number): HealthFinding {
  return {
    status: 'degraded',
    message: `${damagedCount} of the files in the blob store ${damagedCount === 1 ? 'is' : 'are'} damaged or missing.`,
    remedy: 'The server log lists them. Upload the same content again, or restore the blob directory from a backup.',
    facts: { free_bytes, damaged: damagedCount },
  }
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

interface BlobDirectories {
  readonly directory: string
  readonly temporary: string
}

const trash = '.trash'

async function sweepDirectory({ directory, temporary }: BlobDirectories, options: SweepOptions): Promise<number> {
  const before_ms = Date.now() - options.older_than_ms
  await tidyTemporary({ directory, temporary }, before_ms)
  let removedCount = 0
  for (const organization_id of (await list(directory)).filter(isUuid))
    for (const folder of await list(join(directory, organization_id))) {
      const names = (await list(join(directory, organization_id, folder))).filter((name) => sha256_text.test(name))
      for (let at = 0; at < names.length; at += checked_at_once) {
        const refs = names.slice(at, at + checked_at_once).map((sha256) => ({ organization_id, sha256 }))
        const oldRefs = await filterAsync(refs, (ref) => isOlder(pathOf(directory, ref), before_ms))
        if (oldRefs.length === 0) continue
        const usedHashes = await options.hashesInUse(
          organization_id,
          oldRefs.map(({ sha256 }) => sha256),
        )
        for (const ref of oldRefs)
          if (!usedHashes.has(ref.sha256) && (await remove({ directory, temporary }, ref, before_ms))) removedCount += 1
      }
    }
  return removedCount
}

/**
 * The same content may be written again between the question whether it is in use and its removal. Every write renames
 * a young file over the old one; so the blob is moved aside first, tested once more, and put back if it is young.
 */
async function remove({ directory, temporary }: BlobDirectories, ref: BlobRef, before_ms: number): Promise<boolean> {
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

/** Removes the remains of broken writes, and restores blobs that an interrupted sweep had moved aside. */
async function tidyTemporary({ directory, temporary }: BlobDirectories, before_ms: number): Promise<void> {
  for (const name of await list(temporary)) {
    const path = join(temporary, name)
    const [organization_id = '', sha256 = ''] = name.slice(0, -trash.length).split('.')
    if (name.endsWith(trash)) await rename(path, pathOf(directory, { organization_id, sha256 }))
    else if (await isOlder(path, before_ms)) await rm(path, { force: true })
  }
}

async function isOlder(path: string, before_ms: number): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined)
  return stats !== undefined && stats.mtimeMs < before_ms
}

async function filterAsync<Item>(items: readonly Item[], test: (item: Item) => Promise<boolean>): Promise<Item[]> {
  const matches: Item[] = []
  for (const item of items) if (await test(item)) matches.push(item)
  return matches
}

function missingContent({ sha256 }: BlobRef): MusterError {
  return new MusterError('unavailable', `The content ${sha256} is missing from the blob store.`, {
    value: sha256,
    remedy: 'Restore the blob directory from the backup that belongs to this database.',
  })
}
