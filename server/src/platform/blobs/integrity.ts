import { createHash } from 'node:crypto'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { MusterError } from '../errors.ts'
import type { BlobRef } from './blobs.ts'

/** Tests whether blobs are what was stored, by their hashes, and remembers the bad ones (`Integrity`). */
export interface Integrity {
  /**
   * Reads an open blob to its end. Throws `artifact_damaged` where it is not what its name says. `lately`: that it was good
   * a few minutes ago and has not been written since is enough.
   */
  verify(handle: FileHandle, ref: BlobRef, how?: { readonly lately: boolean }): Promise<void>
  /** Reads an open blob as `verify` does and gives exactly the bytes that were hashed. */
  content(handle: FileHandle, ref: BlobRef): Promise<Buffer>
  /** The same for a blob by its reference. Says whether it is good. */
  check(ref: BlobRef): Promise<boolean>
  /** Notes that a blob is gone that should be there. */
  recordLoss(ref: BlobRef): void
  /** It was written anew. */
  recordRewrite(ref: BlobRef): void
  /** How many blobs were seen damaged or gone, and still stand as they were seen. */
  damagedCount(): Promise<number>
}

const lately_ms = 10 * 60_000
const good_max = 10_000
const damaged_max = 1_000
const chunk_bytes = 256 * 1024

export interface IntegrityOptions {
  pathOf(ref: BlobRef): string
  /** Milliseconds on a clock that only goes forward. */
  readonly now?: () => number
  /** Called once for each blob as it is seen damaged or gone, not again while it stands so. */
  onDamaged?(ref: BlobRef): void
}

export function createIntegrity({ pathOf, now = () => performance.now(), onDamaged }: IntegrityOptions): Integrity {
  const good = createBoundedMap<{ readonly state: string; readonly until_ms: number }>(good_max)
  const damagedBlobs = createDamagedBlobs({ pathOf, ...(onDamaged && { onDamaged }) })

  async function verify(handle: FileHandle, ref: BlobRef, how?: { readonly lately: boolean }): Promise<void> {
    const state = stateOf(await handle.stat({ bigint: true }))
    const last_check = good.get(nameOf(ref))
    if (how?.lately && last_check?.state === state && last_check.until_ms > now()) return
    compareHash(ref, state, await hashOf(handle))
  }

  async function content(handle: FileHandle, ref: BlobRef): Promise<Buffer> {
    const state = stateOf(await handle.stat({ bigint: true }))
    const chunks: Buffer[] = []
    compareHash(ref, state, await hashOf(handle, (chunk) => chunks.push(chunk)))
    return Buffer.concat(chunks)
  }

  /** Notes whether a file of this state is good, and throws where it is not. */
  function compareHash(ref: BlobRef, state: string, sha256: string): void {
    if (sha256 === ref.sha256) {
      damagedBlobs.delete(ref)
      good.set(nameOf(ref), { state, until_ms: now() + lately_ms })
      return
    }
    good.delete(nameOf(ref))
    damagedBlobs.note(ref, state)
    throw damagedError(ref)
  }

  return {
    verify,
    content,

    async check(ref) {
      const handle = await open(pathOf(ref), 'r')
      try {
        await verify(handle, ref)
        return true
      } catch (error) {
        if (error instanceof MusterError) return false
        throw error
      } finally {
        await handle.close()
      }
    },

    recordLoss: (ref) => damagedBlobs.note(ref, missing_state),
    recordRewrite: damagedBlobs.delete,
    damagedCount: damagedBlobs.count,
  }
}

/** The blobs that were seen damaged or gone, each with the state of its file then. */
function createDamagedBlobs({ pathOf, onDamaged }: Pick<IntegrityOptions, 'pathOf' | 'onDamaged'>) {
  const bad = createBoundedMap<{ readonly ref: BlobRef; readonly state: string }>(damaged_max)
  return {
    note(ref: BlobRef, state: string): void {
      const isNews = bad.get(nameOf(ref)) === undefined
      bad.set(nameOf(ref), { ref, state })
      if (isNews) onDamaged?.(ref)
    },
    delete: (ref: BlobRef): void => bad.delete(nameOf(ref)),
    async count(): Promise<number> {
      for (const [name, { ref, state }] of bad.entries()) {
        const file = await stat(pathOf(ref), { bigint: true }).catch(() => undefined)
        // Another process, or a restored backup, has written it since: the next read tests it.
        if ((file ? stateOf(file) : missing_state) !== state) bad.delete(name)
      }
      return bad.entries().length
    },
  }
}

const missing_state = 'gone'
const nameOf = ({ organization_id, sha256 }: BlobRef): string => `${organization_id} ${sha256}`

interface FileState {
  readonly ino: bigint
  readonly size: bigint
  readonly mtimeNs: bigint
  readonly ctimeNs: bigint
}

/** Changes whenever the file is written. */
function stateOf({ ino, size, mtimeNs, ctimeNs }: FileState): string {
  return `${ino} ${size} ${mtimeNs} ${ctimeNs}`
}

/** Hashes in pieces, so that other requests do not wait long. */
async function hashOf(handle: FileHandle, onChunk?: (chunk: Buffer) => void): Promise<string> {
  const hash = createHash('sha256')
  const stream = handle.createReadStream({ start: 0, autoClose: false, highWaterMark: chunk_bytes })
  for await (const chunk of stream) {
    hash.update(chunk)
    onChunk?.(chunk)
  }
  return hash.digest('hex')
}

/** A map that drops its oldest entries. */
function createBoundedMap<Value>(max: number) {
  const map = new Map<string, Value>()
  return {
    get: (name: string) => map.get(name),
    delete: (name: string) => void map.delete(name),
    entries: () => [...map.entries()],
    set(name: string, value: Value): void {
      map.delete(name)
      map.set(name, value)
      if (map.size > max) map.delete(map.keys().next().value ?? '')
    },
  }
}

function damagedError({ sha256 }: BlobRef): MusterError {
  return new MusterError('artifact_damaged', `The content ${sha256} in the blob store is not what was stored.`, {
    value: sha256,
    remedy: 'Upload the same content again, or restore the blob directory from a backup.',
  })
}
