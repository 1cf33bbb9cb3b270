import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { newSecret } from '../../../../platform/ids.ts'
import type { Environment, InputFile, Mark, RunFolder } from '../command-line.types.ts'
import { killAll } from '../process/processes.service.ts'
import { bareEnvironment, findProgram, runHelper } from '../process/system.service.ts'
import { freeLostUsers, isOwned, isRunUser, ownerName } from '../process/users.service.ts'
import { StartError } from '../start-error.ts'
import { releaseWorktree } from './worktree.service.ts'

/** Separates the parts of a folder's name, none of which contains it. */
const joint = '~'

/** Creates the root where it is missing. Other users may pass through it to their own folders and cannot list it. */
export function openRoot(root: string): string {
  mkdirSync(root, { recursive: true, mode: 0o711 })
  chmodSync(root, 0o711)
  return realpathSync(root)
}

/**
 * Creates the folders of a run. The name says which process made them, so that the next start can tell left-overs from
 * folders in use.
 */
export function makeFolder(root: string, run_id: string, uid: number | undefined): RunFolder {
  if (!/^[A-Za-z0-9-]{1,100}$/.test(run_id)) throw new StartError(`A run cannot be named ${JSON.stringify(run_id)}.`)
  const folder = folderAt(join(root, [run_id, newSecret(4), ownerName()].join(joint)))
  mkdirSync(folder.path, { mode: 0o711 })
  mkdirSync(folder.control, { mode: 0o700 })
  for (const inner of [folder.workspace, folder.home, folder.tmp, folder.exchange]) {
    mkdirSync(inner, { mode: 0o700 })
    if (uid !== undefined) chownSync(inner, uid, uid)
  }
  openWorkspace(folder, uid)
  return folder
}

/** Bubblewrap enters the workspace as root without capabilities, so the group needs access. */
export function openWorkspace({ workspace }: RunFolder, uid: number | undefined): void {
  if (uid === undefined) return
  chownSync(workspace, uid, process.getgid?.() ?? 0)
  chmodSync(workspace, 0o710)
}

/**
 * Writes files below a folder. Paths that would leave it are refused, and so is every link on the way: a repository may
 * hold one that points anywhere.
 */
export function writeFiles(folder: string, files: readonly InputFile[], uid: number | undefined): void {
  for (const { path, bytes } of files) {
    const parts = path.split('/')
    if (parts.some(isForbidden)) throw new StartError(`A file cannot be written to ${JSON.stringify(path)}.`)
    const folders = parts.slice(0, -1).map((_, at) => join(folder, ...parts.slice(0, at + 1)))
    for (const inner of folders) ensureFolder(inner, uid)
    const file = join(folder, ...parts)
    const stat = lstatSync(file, { throwIfNoEntry: false })
    if (stat && !stat.isFile()) throw new StartError(`${JSON.stringify(path)} is there already and is not a file.`)
    writeFileSync(file, bytes, { mode: 0o600 })
    if (uid !== undefined) chownSync(file, uid, uid)
  }
}

/** Kills a run's processes, releases its work tree and removes its folders. @throws where something stays. */
export async function removeFolder(folder: RunFolder, mark: Mark, env: Environment): Promise<void> {
  await killAll(mark)
  await removeTree(folder.workspace, env)
  await releaseWorktree(folder, env)
  await removeTree(folder.path, env)
}

/**
 * Clears the left-overs of dead processes below the root: kills their command lines, releases their work trees and
 * branches, removes their folders. Called at start. Resolves to the runs that were cleared; failures are reported and
 * do not prevent the start.
 */
export async function clearLeftOvers(host: {
  readonly root: string
  readonly env: Environment
  onProblem(message: string): void
}): Promise<string[]> {
  const root = openRoot(host.root)
  const clearedFolders: string[] = []
  for (const name of readdirSync(root)) {
    const [run_id = '', , ...owner] = name.split(joint)
    if (owner.length === 0 || isOwned(owner.join(joint))) continue
    try {
      await clearOne(join(root, name), run_id, host.env)
      clearedFolders.push(run_id)
    } catch (error) {
      host.onProblem(error instanceof Error ? error.message : String(error))
    }
  }
  freeLostUsers(root)
  return clearedFolders
}

async function clearOne(path: string, run_id: string, env: Environment): Promise<void> {
  const folder = folderAt(path)
  const uid = lstatSync(folder.home, { throwIfNoEntry: false })?.uid
  const mark = { run_id, folder: path, uid: uid !== undefined && isRunUser(uid) ? uid : undefined }
  await removeFolder(folder, mark, env)
}

function folderAt(path: string): RunFolder {
  return {
    path,
    workspace: join(path, 'workspace'),
    home: join(path, 'home'),
    tmp: join(path, 'tmp'),
    exchange: join(path, 'exchange'),
    control: join(path, 'control'),
  }
}

/** `rm` walks by open folders, so too long paths and links do no harm. */
async function removeTree(path: string, env: Environment): Promise<void> {
  if (!lstatSync(path, { throwIfNoEntry: false })) return
  const own = { args: ['-rf', '--', path], env: bareEnvironment(env) }
  const rm = { ...own, program: findProgram('rm', env) ?? '/bin/rm' }
  if ((await runHelper(rm)).code === 0) return
  // A program can remove the permissions of its folders, and with them ours where it has the server's user.
  const chmod = findProgram('chmod', env) ?? '/bin/chmod'
  await runHelper({ ...own, program: chmod, args: ['-R', 'u+rwX', '--', path] })
  const { code, stderr } = await runHelper(rm)
  if (code !== 0) throw new Error(`${path} cannot be removed: ${stderr}`)
}

function isForbidden(part: string): boolean {
  return part === '' || part === '.' || part === '..' || /[\0\\]/.test(part) || part.toLowerCase() === '.git'
}

function ensureFolder(path: string, uid: number | undefined): void {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (stat?.isDirectory()) return
  if (stat) throw new StartError(`${path} stands in the way: it is a link or a file.`)
  mkdirSync(path, { mode: 0o700 })
  if (uid !== undefined) chownSync(path, uid, uid)
}
