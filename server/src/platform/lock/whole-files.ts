import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { newSecret } from '../ids.ts'

/** Replaces a file as a whole, readable by its owner alone. */
export function writeWhole(file: string, text: string): void {
  const own = `${file}.${newSecret(6)}`
  const descriptor = openSync(own, 'wx', 0o600)
  try {
    writeSync(descriptor, text)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  renameSync(own, file)
  syncFolder(join(file, '..'))
}

/** Syncs a folder, so that a rename in it is on the disk. */
export function syncFolder(path: string): void {
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
