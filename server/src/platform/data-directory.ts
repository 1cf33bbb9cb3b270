import {
  accessSync,
  constants,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { fieldOf } from '@muster/contract/platform/objects'
import { ConfigError } from './config.ts'
import { newSecret } from './ids.ts'
import { lockDirectory, tellHolder } from './lock/directory-lock.ts'
import { type Holder, parseHolder } from './lock/socket.ts'
import { syncFolder, writeWhole } from './lock/whole-files.ts'

/** What the command line reads to find the server of a data directory. */
export interface ServerFile {
  readonly address: string
  readonly pid: number
  readonly started_at: string
  readonly socket: string
}

export const secretNames = ['first-key', 'journal.pem', 'secret.key'] as const
export type SecretName = (typeof secretNames)[number]

/** Whether the first start is still to be completed: a start that fails half-way leaves it to the next one. */
export interface FirstStart {
  isOpen(): boolean
  begin(): void
  complete(): void
}

/** A data directory that this process holds, and no other. */
export interface DataDirectory extends AsyncDisposable {
  /** Its real path. */
  readonly path: string
  readonly holder: Holder
  /** A secret file's text without its last line break; undefined where there is none. */
  readSecret(name: SecretName): string | undefined
  /** Writes a secret for the owner alone, durably; a reader sees the old text or the new one. */
  writeSecret(name: SecretName, text: string): void
  /**
   * The path of a folder in it, made by `build` where it is missing. It is built under another name and renamed when
   * complete, so a folder that is there is whole, whenever the process was killed.
   */
  folder(name: string, build: (path: string) => Promise<void>): Promise<string>
  /** The note that a first start was begun and has not got as far as telling its key. */
  readonly first_start: FirstStart
  /** Says where the server listens. */
  publish(address: string): void
}

/** Opens a data directory, making it where it is missing. Throws `DirectoryHeldError` where another process holds it. */
export async function openDataDirectory(directory: string, options: { onStop(): void }): Promise<DataDirectory> {
  makeDirectory(directory)
  const path = realpathSync(directory)
  const started_at = new Date().toISOString()
  const lock = await lockDirectory({
    directory: path,
    holder: { pid: process.pid, host: hostname(), started_at },
    onStop: options.onStop,
  })
  return {
    path,
    holder: lock.holder,
    readSecret: (name) => readText(join(path, name))?.replace(/\n$/, ''),
    writeSecret: (name, text) => writeWhole(join(path, name), text.endsWith('\n') ? text : `${text}\n`),
    folder: (name, build) => buildFolder(path, name, build),
    first_start: firstStartIn(path),
    publish(address) {
      const file: ServerFile = { address, pid: process.pid, started_at, socket: lock.socket }
      writeWhole(join(path, 'server.json'), `${JSON.stringify(file)}\n`)
    },
    async [Symbol.asyncDispose]() {
      rmSync(join(path, 'server.json'), { force: true })
      await lock[Symbol.asyncDispose]()
    },
  }
}

function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    throw new ConfigError(
      `The data directory ${resolve(directory)} cannot be used: ${messageOf(error)}\nMake it writable for this user, or set MUSTER_DATA_DIR to another directory.`,
    )
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

function firstStartIn(path: string): FirstStart {
  const file = join(path, 'first-start')
  return {
    isOpen: () => statSync(file, { throwIfNoEntry: false }) !== undefined,
    begin: () => writeWhole(file, ''),
    complete: () => rmSync(file, { force: true }),
  }
}

/** Who holds a directory; undefined where nobody does, or where there is none. */
export async function holderOf(directory: string): Promise<Holder | undefined> {
  const path = realPath(directory)
  return path === undefined ? undefined : parseHolder(await tellHolder(path, 'who'))
}

/** Asks the process that holds the directory to stop. False where nobody holds it. */
export async function stopHolder(directory: string): Promise<boolean> {
  const path = realPath(directory)
  return path !== undefined && (await tellHolder(path, 'stop')) !== undefined
}

/** Where the server of a directory listens, as it wrote itself; undefined where none does. */
export function readServerFile(directory: string): ServerFile | undefined {
  const text = readText(join(directory, 'server.json'))
  // Written whole by `publish`, so it is either there or not.
  return text === undefined ? undefined : JSON.parse(text)
}

async function buildFolder(path: string, name: string, build: (path: string) => Promise<void>): Promise<string> {
  const folder = join(path, name)
  if (statSync(folder, { throwIfNoEntry: false })) return folder
  const prefix = `${name}.new-`
  for (const leftover of readdirSync(path))
    if (leftover.startsWith(prefix)) rmSync(join(path, leftover), { recursive: true })
  const temporaryFolder = join(path, `${prefix}${newSecret(6)}`)
  mkdirSync(temporaryFolder, { mode: 0o700 })
  await build(temporaryFolder)
  renameSync(temporaryFolder, folder)
  syncFolder(path)
  return folder
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (fieldOf(error, 'code') === 'ENOENT') return undefined
    throw error
  }
}

function realPath(directory: string): string | undefined {
  return statSync(directory, { throwIfNoEntry: false }) ? realpathSync(directory) : undefined
}
