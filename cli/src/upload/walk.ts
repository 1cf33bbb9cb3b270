import { constants } from 'node:fs'
import { open, readdir, stat } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { limits } from '@muster/contract/limits'
import { usage } from '../failures.ts'
import { sizeText } from './size-text.ts'

export interface WalkedFile {
  /** Path below the directory, with slashes. */
  readonly name: string
  readonly path: string
  readonly size_bytes: number
}

export interface Walked {
  readonly files: readonly WalkedFile[]
  /** The entries that were left out, and why. */
  readonly skipped: readonly { readonly name: string; readonly reason: 'link' | 'hidden' | 'special' | 'name' }[]
}

export interface WalkLimits {
  readonly files_max: number
  readonly file_bytes_max: number
  readonly total_bytes_max: number
  readonly depth_max: number
}

export const walkLimits: WalkLimits = {
  files_max: limits.goal_input_files_max,
  file_bytes_max: limits.upload_file_bytes_max,
  total_bytes_max: limits.goal_input_bytes_max,
  depth_max: limits.folder_depth_max,
}

/**
 * Finds the files of a directory (or one file), sorted by name. Links below it are not followed, so nothing from outside
 * comes along; hidden files stay out; breaking a limit is a refusal, never a silent cut.
 */
export async function walkDirectory(root: string, most: WalkLimits = walkLimits): Promise<Walked> {
  const top = await stat(root).catch(() => null)
  if (top === null) throw usage(`not found: ${root}`)
  const files: WalkedFile[] = []
  const skipped: Walked['skipped'][number][] = []
  const folders: Folder[] = []
  if (top.isDirectory()) folders.push({ path: root, name: '', depth: 0 })
  else files.push(await measureFile(basename(root), root, most))

  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of await readdir(folder.path, { withFileTypes: true })) {
      const name = folder.name === '' ? entry.name : `${folder.name}/${entry.name}`
      const path = join(folder.path, entry.name)
      if (isOddName(entry.name)) skipped.push({ name, reason: 'name' })
      else if (entry.isSymbolicLink()) skipped.push({ name, reason: 'link' })
      else if (entry.name.startsWith('.')) skipped.push({ name, reason: 'hidden' })
      else if (entry.isDirectory()) folders.push(deeper({ path, name, depth: folder.depth + 1 }, most))
      else if (entry.isFile()) files.push(await measureFile(name, path, most))
      else skipped.push({ name, reason: 'special' })
      if (files.length > most.files_max) throw usage(`${root} has more than ${most.files_max} files`)
    }
  }
  const total = files.reduce((sum, file) => sum + file.size_bytes, 0)
  if (total > most.total_bytes_max)
    throw usage(`the files in ${root} exceed ${sizeText(most.total_bytes_max)} in total`)
  return { files: files.sort(byName), skipped: skipped.sort(byName) }
}

/** Reads a file that was found. A link that took its place since is refused, and so is one that has grown past the limit. */
export async function readWalked(file: WalkedFile, most: WalkLimits = walkLimits): Promise<Uint8Array<ArrayBuffer>> {
  await using handle = await open(file.path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0))
  const stats = await handle.stat()
  if (!stats.isFile()) throw usage(`${file.path} is not a file anymore`)
  if (stats.size > most.file_bytes_max) throw tooLarge(file.path, most)
  return new Uint8Array(await handle.readFile())
}

/** The media type by the end of the name; what is unknown is bytes. */
export function mediaTypeOf(name: string): string {
  return mediaTypes[extname(name).toLowerCase()] ?? 'application/octet-stream'
}

const mediaTypes: Readonly<Record<string, string>> = {
  '.md': 'text/markdown',
  '.markdown': 'text/markdown',
  '.txt': 'text/plain',
  '.text': 'text/plain',
  '.log': 'text/plain',
  '.html': 'text/html',
  '.htm': 'text/html',
  '.csv': 'text/csv',
  '.json': 'application/json',
  '.yaml': 'application/yaml',
  '.yml': 'application/yaml',
  '.xml': 'application/xml',
  '.pdf': 'application/pdf',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
}

/** A name that is no UTF-8 does not lead to its file, and a backslash would become a folder. */
function isOddName(name: string): boolean {
  return name.includes('\ufffd') || name.includes('\\')
}

interface Folder {
  readonly path: string
  readonly name: string
  readonly depth: number
}

function deeper(folder: Folder, most: WalkLimits): Folder {
  if (folder.depth > most.depth_max) throw usage(`${folder.path} is nested deeper than ${most.depth_max} folders`)
  return folder
}

async function measureFile(name: string, path: string, most: WalkLimits): Promise<WalkedFile> {
  const { size } = await stat(path)
  if (size > most.file_bytes_max) throw tooLarge(path, most)
  return { name, path, size_bytes: size }
}

const tooLarge = (path: string, most: WalkLimits) => usage(`${path} is larger than ${sizeText(most.file_bytes_max)}`)

function byName(one: { readonly name: string }, other: { readonly name: string }): number {
  return one.name < other.name ? -1 : one.name > other.name ? 1 : 0
}
