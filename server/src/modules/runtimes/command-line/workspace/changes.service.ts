import { createHash } from 'node:crypto'
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, realpathSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import type { ChangedFile, InputFile } from '../command-line.types.ts'
import type { CommandLineLimits } from '../limits.rules.ts'

/** Where to look for changed files after a run, when none of its processes lives any more. */
export interface Changes {
  readonly workspace: string
  /** The run's own user id: files of other users are left out. */
  readonly uid: number | undefined
  readonly limits: CommandLineLimits
  readonly onFile: ((file: ChangedFile, bytes: Uint8Array) => Promise<void>) | undefined
}

export interface ChangedFiles {
  readonly files: readonly ChangedFile[]
  readonly is_cut: boolean
}

type Candidate = Pick<ChangedFile, 'path' | 'change'>

const depth_max = 64
const entries_max = 100_000

/**
 * Reads the candidates that are ordinary files within the limits; each of the others has the reason why it was left
 * out.
 */
export async function readChanges(candidates: readonly Candidate[], changes: Changes): Promise<ChangedFiles> {
  const files: ChangedFile[] = []
  let bytesLeft = changes.limits.changed_bytes_max
  for (const candidate of candidates.slice(0, changes.limits.changed_files_max)) {
    const { file, bytes } = readOne(candidate, changes, bytesLeft)
    bytesLeft -= bytes?.length ?? 0
    files.push(file)
    if (bytes) await (changes.onFile?.(file, bytes) ?? turn())
  }
  return { files, is_cut: candidates.length > files.length }
}

/** The files of a folder that are new or differ from the inputs. */
export async function differences(
  workspace: string,
  inputs: readonly InputFile[],
): Promise<{ readonly candidates: Candidate[]; readonly is_cut: boolean }> {
  const before = new Map(inputs.map(({ path, bytes }) => [path, bytes]))
  const { paths, is_cut } = await walk(workspace)
  const candidates: Candidate[] = []
  for (const path of paths) {
    const bytesBefore = before.get(path)
    if (bytesBefore === undefined) candidates.push({ path, change: 'added' })
    else if (!isSame(join(workspace, path), bytesBefore)) candidates.push({ path, change: 'modified' })
    // The inputs may be large, so other work gets a turn in between.
    if (bytesBefore !== undefined) await turn()
  }
  const currentPaths = new Set(paths)
  const deletedPaths = is_cut ? [] : [...before.keys()].filter((path) => !currentPaths.has(path))
  return {
    candidates: [...candidates, ...deletedPaths.map((path): Candidate => ({ path, change: 'deleted' }))],
    is_cut,
  }
}

/** Links are listed and never followed. */
async function walk(root: string): Promise<{ readonly paths: string[]; readonly is_cut: boolean }> {
  const paths: string[] = []
  const folders = ['']
  let is_cut = false
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const entries = await list(join(root, folder))
    if (entries === undefined || paths.length + folders.length > entries_max) {
      is_cut = true
      continue
    }
    for (const entry of entries) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (!entry.isDirectory()) paths.push(path)
      else if (path.split('/').length < depth_max) folders.push(path)
      else is_cut = true
    }
  }
  return { paths: paths.sort(), is_cut }
}

/** Undefined where it cannot be read: the program may have locked it, or made its path too long. */
async function list(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true })
  } catch {
    return undefined
  }
}

function readOne(
  { path, change }: Candidate,
  { workspace, uid, limits }: Changes,
  bytesLeft: number,
): { readonly file: ChangedFile; readonly bytes?: Buffer } {
  const base = { path, change, bytes: 0, sha256: '' }
  if (change === 'deleted') return { file: base }
  const stat = lstatOf(join(workspace, path))
  const left_out = reasonToLeave(stat, uid)
  if (left_out || !stat) return { file: { ...base, bytes: Number(stat?.size ?? 0), left_out: left_out ?? 'gone' } }
  const sizedFile = { ...base, bytes: stat.size }
  if (stat.size > limits.changed_file_bytes_max) return { file: { ...sizedFile, left_out: 'too large' } }
  if (stat.size > bytesLeft) return { file: { ...sizedFile, left_out: 'past the limit for all files' } }
  const bytes = read(join(workspace, path), limits.changed_file_bytes_max)
  return bytes
    ? { file: { ...sizedFile, sha256: hashOf(bytes) }, bytes }
    : { file: { ...sizedFile, left_out: 'cannot be read' } }
}

function reasonToLeave(stat: ReturnType<typeof lstatOf>, uid: number | undefined): string | undefined {
  if (!stat) return 'cannot be read'
  if (stat.isSymbolicLink()) return 'a link'
  if (!stat.isFile()) return 'not a file'
  // A hard link to another user's file: reading it would lend the program our rights.
  if (uid !== undefined && stat.uid !== uid) return 'belongs to another user'
  return undefined
}

function lstatOf(path: string) {
  try {
    return lstatSync(path)
  } catch {
    // It is gone, or the program locked its folder; the file is listed as one that cannot be read.
    return undefined
  }
}

function isSame(path: string, bytesBefore: Uint8Array): boolean {
  const stat = lstatOf(path)
  const bytes = stat?.isFile() && stat.size === bytesBefore.length ? read(path, bytesBefore.length) : undefined
  return bytes?.equals(bytesBefore) ?? false
}

/**
 * The beginning of the file that a program should have written; undefined where it is missing, not the run's own, or
 * behind a link, which would lend the program our rights.
 */
export function readOwn(
  path: string,
  { uid, bytes_max }: { readonly uid: number | undefined; readonly bytes_max: number },
): Buffer | undefined {
  const stat = isPlain(path) ? lstatOf(path) : undefined
  return stat && reasonToLeave(stat, uid) === undefined ? read(path, bytes_max) : undefined
}

/** Whether no part of a path is a link. */
export function isPlain(path: string): boolean {
  try {
    return realpathSync(path) === path
  } catch {
    // What does not exist is no plain file.
    return false
  }
}

/** The folders of the path were listed before, and no process of the run lives to change them. */
function read(path: string, bytes_max: number): Buffer | undefined {
  let descriptor: number | undefined
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    const stat = fstatSync(descriptor)
    if (!stat.isFile()) return undefined
    const bytes = Buffer.alloc(Math.min(stat.size, bytes_max))
    return bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, 0))
  } catch {
    // The file is listed as one that cannot be read.
    return undefined
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
