import { createHash } from 'node:crypto'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { MusterError } from '../errors.ts'
import type { BlobRef } from './blobs.ts'

/** Whether blobs are what was stored: a blob is named by its hash, so reading it tells. */
export interface Integrity {
  /**
   * Reads an open blob to its end. Throws `artifact_damaged` where it is not what its name says. `lately`: that it was good
   * a few minutes ago and has not been written since is enough.
   */
  verify(handle: FileHandle, ref: BlobRef, how?: { readonly lately: boolean }): Promise<void>
  /** The same for a blob by its path. Says whether it is good. */
  check(ref: BlobRef): Promise<boolean>
  /** Notes that a blob is gone that should be there. */
  lost(ref: BlobRef): void
  /** It was written anew. */
  rewritten(ref: BlobRef): void
  /** The hashes of blobs that were found damaged or gone, and stand as they were found. */
  damaged(): Promise<readonly string[]>
}

const lately_ms = 10 * 60_000
const good_max = 10_000
const damaged_max = 1_000
const chunk_bytes = 256 * 1024

export function createIntegrity(
  pathOf: (ref: BlobRef) => string,
  now: () => number = () => performance.now(),
): Integrity {
  const good = bounded<{ readonly state: string; readonly until_ms: number }>(good_max)
  const bad = bounded<{ readonly ref: BlobRef; readonly state: string }>(damaged_max)

  async function verify(handle: FileHandle, ref: BlobRef, how?: { readonly lately: boolean }): Promise<void> {
    const state = stateOf(await handle.stat({ bigint: true }))
    const known = good.get(nameOf(ref))
    if (how?.lately && known?.state === state && known.until_ms > now()) return
    if ((await hashOf(handle)) === ref.sha256) {
      bad.delete(nameOf(ref))
      good.set(nameOf(ref), { state, until_ms: now() + lately_ms })
      return
    }
    good.delete(nameOf(ref))
    bad.set(nameOf(ref), { ref, state })
    throw damagedError(ref)
  }

  return {
    verify,

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

    lost: (ref) => bad.set(nameOf(ref), { ref, state: gone }),
    rewritten: (ref) => bad.delete(nameOf(ref)),

    async damaged() {
      for (const [name, { ref, state }] of bad.entries()) {
        const found = await stat(pathOf(ref), { bigint: true }).catch(() => undefined)
        // Another process, or who restored a backup, has written it since: the next read tells.
        if ((found ? stateOf(found) : gone) !== state) bad.delete(name)
      }
      return [...bad.entries()].map(([, { ref }]) => ref.sha256)
    },
  }
}

const gone = 'gone'
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

/** In pieces, so that nobody else waits long. */
async function hashOf(handle: FileHandle): Promise<string> {
  const hash = createHash('sha256')
  const stream = handle.createReadStream({ start: 0, autoClose: false, highWaterMark: chunk_bytes })
  for await (const chunk of stream) hash.update(chunk)
  return hash.digest('hex')
}

/** A map that lets the oldest go. */
function bounded<Value>(max: number) {
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
    remedy: 'Upload the same content again, or restore the directory of the blobs from its backup.',
  })
}
