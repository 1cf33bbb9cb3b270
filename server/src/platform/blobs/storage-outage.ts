import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MusterError } from '../errors.ts'
import { newId } from '../ids.ts'
import { codeOf } from './paths.ts'

interface Outage {
  readonly cause: string
  readonly remedy: string
}

/** The causes by which a directory cannot be written, by the operating system's code. */
const outages: Readonly<Record<string, Outage>> = {
  ENOSPC: { cause: 'The blob store’s disk is full', remedy: 'Free up disk space. Muster recovers automatically.' },
  EDQUOT: { cause: 'The blob store’s quota is used up', remedy: 'Raise the quota. Muster recovers automatically.' },
  EROFS: { cause: 'The blob directory is read-only', remedy: 'Make its disk writable.' },
  EACCES: { cause: 'No permission to write to the blob directory', remedy: 'Give its owner write permission.' },
  EIO: { cause: 'The blob store’s disk has read or write errors', remedy: 'Check the disk and the system log.' },
}

/** Larger than what a file system stores inside its own tables, so that it needs free space. */
const probe_bytes = 256 * 1024

/** Remembers that content could not be written, and finds out whether it can be again. */
export function createStorageOutage(temporary: string) {
  let lastOutage: Outage | undefined
  return {
    works(): void {
      lastOutage = undefined
    },
    /** The contract's error where the directory could not be written; every other error as it is. */
    failed(error: unknown): unknown {
      const outage = outages[String(codeOf(error))]
      if (outage === undefined) return error
      lastOutage = outage
      return new MusterError('unavailable', `${outage.cause}; nothing was saved.`, { remedy: outage.remedy })
    },
    /** The present cause, if any: after a failure, a file is written to find out. */
    async current(): Promise<Outage | undefined> {
      if (lastOutage === undefined) return undefined
      const file = join(temporary, newId())
      try {
        await writeFile(file, Buffer.alloc(probe_bytes), { mode: 0o600 })
        lastOutage = undefined
      } catch (error) {
        lastOutage = outages[String(codeOf(error))] ?? lastOutage
      } finally {
        await rm(file, { force: true })
      }
      return lastOutage
    },
  }
}
