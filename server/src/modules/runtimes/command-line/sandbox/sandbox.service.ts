import { lstatSync, readlinkSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Environment, RunFolder } from '../command-line.types.ts'
import { bareEnvironment, findProgram, isRoot, runHelper } from '../process/system.service.ts'
import { realOf } from '../real-path.service.ts'
import { StartError } from '../start-error.ts'
import { bubblewrapArgs, installationOf, isBelow, type SystemFolder } from './sandbox.rules.ts'

export type SandboxState =
  | { readonly available: true; readonly program: string; readonly version: string }
  | { readonly available: false; readonly reason: string }

const statusFd = 3
const probe_timeout_ms = 20_000
/** An unused user id, for testing whether the user can be changed inside. */
const probeUser = 58_999

/** Tests by a trial whether bubblewrap works here; else returns the reason for the operator. */
export async function detectBubblewrap(env: Environment, own_user = true): Promise<SandboxState> {
  if (process.platform !== 'linux') return no(`bubblewrap is available on Linux only; this is ${process.platform}.`)
  const program = findProgram('bwrap', env)
  if (program === undefined) return no('bubblewrap is not installed (Debian, Ubuntu: apt-get install bubblewrap).')
  const uid = ownUser(own_user, env) ? probeUser : undefined
  const nothing = { writable: [], read_only: [], replaced: [], hidden: [], network: false, status_fd: 1 }
  const args = bubblewrapArgs({ ...nothing, workspace: '/', system: systemFolders(), uid })
  const inner = [...(uid === undefined ? [] : userArgs(uid, env)), '/bin/sh', '-c', 'exit 0']
  const helper = { program, env: bareEnvironment(env), timeout_ms: probe_timeout_ms }
  const { code, stderr } = await runHelper({ ...helper, args: [...args, '--', ...inner] })
  if (code !== 0)
    return no(`bubblewrap is installed but cannot create namespaces here: ${stderr || `it exited with code ${code}`}.`)
  const { stdout } = await runHelper({ ...helper, args: ['--version'] })
  return { available: true, program, version: stdout.trim() }
}

/** Whether runs get a user id of their own: where the server is root and can change it. */
export function ownUser(isWanted: boolean, env: Environment): boolean {
  return isWanted && process.platform === 'linux' && isRoot() && findProgram('setpriv', env) !== undefined
}

/** Arguments that change the user of the command behind them, without any way to gain rights again. */
export function userArgs(uid: number, env: Environment): string[] {
  const id = String(uid)
  const setpriv = findProgram('setpriv', env) ?? 'setpriv'
  return [setpriv, '--reuid', id, '--regid', id, '--clear-groups', '--no-new-privs', '--']
}

/** Arguments that keep the user and prevent `sudo` and the like from gaining rights. */
export function noNewRights(env: Environment): string[] {
  const setpriv = process.platform === 'linux' ? findProgram('setpriv', env) : undefined
  return setpriv === undefined ? [] : [setpriv, '--no-new-privs', '--']
}

export interface CageRequest {
  readonly program: string
  readonly folder: RunFolder
  readonly read_only: readonly string[]
  readonly hidden: readonly string[]
  readonly network: boolean
  readonly uid: number | undefined
  readonly env: Environment
  /** The repository's `.git`, and its settings without secrets. */
  readonly git?: { readonly common: string; readonly settings: string }
}

/** Bubblewrap's arguments for one run. @throws StartError where the program cannot be shown without showing too much. */
export function cageArgs(request: CageRequest): string[] {
  const { program, folder, read_only, hidden, network, uid, env, git } = request
  const visiblePaths = [...installedPaths(program, env), ...read_only.map(realOrSaid), ...(git ? [git.common] : [])]
  for (const path of visiblePaths) refuseWide(path)
  return bubblewrapArgs({
    workspace: folder.workspace,
    writable: [folder.workspace, folder.home, folder.tmp, folder.exchange],
    read_only: [...new Set(visiblePaths)],
    replaced: [
      [passwdFile(folder, uid), '/etc/passwd'],
      ...(git ? [[settingsFile(folder, git.settings), join(git.common, 'config')] as const] : []),
    ],
    hidden: hidden.flatMap((path) => realOf(path) ?? []),
    system: systemFolders(),
    network,
    uid,
    status_fd: statusFd,
  })
}

/** The files of the program, of the Node that PATH names (for scripts), and of the wrappers before the program. */
function installedPaths(program: string, env: Environment): string[] {
  const others = ['node', 'setpriv', 'prlimit'].flatMap((name) => findProgram(name, env) ?? [])
  return [program, ...others].flatMap((file) => installationOf(file, realOrSaid(file)))
}

function refuseWide(path: string): void {
  const homes = [homedir(), '/root', '/home', '/etc', '/var', '/run', '/proc', '/dev', '/sys']
  if (!homes.some((home) => isBelow(home, path))) return
  throw new StartError(`${path} would expose too much of this machine to the command line; use a more specific folder.`)
}

/** A passwd file with the user's name and folder, without which many programs do not start. */
function passwdFile(folder: RunFolder, uid: number | undefined): string {
  const file = join(folder.control, 'passwd')
  const id = uid ?? process.getuid?.() ?? 0
  const root = id === 0 ? [] : ['root:x:0:0:root:/nonexistent:/usr/sbin/nologin']
  const own = `muster:x:${id}:${uid ?? process.getgid?.() ?? 0}:Muster:${folder.home}:/bin/sh`
  writeFileSync(file, `${[own, ...root].join('\n')}\n`, { mode: 0o644 })
  return file
}

function settingsFile(folder: RunFolder, settings: string): string {
  const file = join(folder.control, 'git-settings')
  writeFileSync(file, settings, { mode: 0o644 })
  return file
}

function systemFolders(): SystemFolder[] {
  return ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'].flatMap((path) => {
    const stat = lstatSync(path, { throwIfNoEntry: false })
    if (!stat) return []
    return [{ path, link: stat.isSymbolicLink() ? readlinkSync(path) : undefined }]
  })
}

function realOrSaid(path: string): string {
  const real = realOf(path)
  if (real === undefined) throw new StartError(`${path} does not exist, but the command line needs it.`)
  return real
}

function no(reason: string): SandboxState {
  return { available: false, reason }
}
