import { dirname, join } from 'node:path'

/** How one folder of the host's root looks: a link on systems that have merged it into /usr. */
export interface SystemFolder {
  readonly path: string
  readonly link: string | undefined
}

export interface Cage {
  readonly workspace: string
  readonly writable: readonly string[]
  /** Shown as they are, and not to be written. */
  readonly read_only: readonly string[]
  /** Files of ours shown in place of the host's: what is shown, and where. */
  readonly replaced: readonly (readonly [string, string])[]
  /** Never shown, even where something shown contains them. */
  readonly hidden: readonly string[]
  readonly system: readonly SystemFolder[]
  readonly network: boolean
  /** A user id that the program changes to inside; undefined: it stays the server's, in a user namespace. */
  readonly uid: number | undefined
  /** The file descriptor on which bubblewrap says how the program ended. */
  readonly status_fd: number
}

/** The parts of /etc that programs need: names, certificates, library paths. No host has all of them. */
const etc = [
  'alternatives',
  'ca-certificates',
  'ca-certificates.conf',
  'crypto-policies',
  'group',
  'hosts',
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'localtime',
  'mime.types',
  'nsswitch.conf',
  'pki',
  'protocols',
  'resolv.conf',
  'services',
  'ssl',
] as const

const memory_folder_bytes_max = 512 * 1024 * 1024

/**
 * The arguments of bubblewrap before `--`. Namespaces for processes, mounts, System V, host name and, without network,
 * for the network; a new session; everything dies with the server. A server that is root makes them itself, so it keeps
 * two capabilities for the step that changes the user, and that step loses them; any other server gets them through a
 * user namespace.
 */
export function bubblewrapArgs(cage: Cage): string[] {
  const { workspace, writable, replaced, hidden, system, network, uid, status_fd } = cage
  const ours = ['/usr', ...system.map(({ path }) => path)]
  const read_only = cage.read_only.filter((path) => !ours.some((one) => isBelow(path, one)))
  const visiblePaths = [...read_only, '/usr']
  return [
    ...['--die-with-parent', '--new-session', '--hostname', 'muster'],
    ...['--unshare-ipc', '--unshare-pid', '--unshare-uts', '--unshare-cgroup-try'],
    ...(network ? [] : ['--unshare-net']),
    ...(uid === undefined ? ['--unshare-user'] : []),
    ...['--cap-drop', 'ALL'],
    ...(uid === undefined ? [] : ['--cap-add', 'CAP_SETUID', '--cap-add', 'CAP_SETGID']),
    ...folders(['/etc/passwd', '/nix/store']),
    ...['--ro-bind', '/usr', '/usr'],
    ...system.flatMap(({ path, link }) => (link === undefined ? ['--ro-bind', path, path] : ['--symlink', link, path])),
    ...etc.flatMap((name) => ['--ro-bind-try', join('/etc', name), join('/etc', name)]),
    ...['--ro-bind-try', '/nix/store', '/nix/store', '--proc', '/proc', '--dev', '/dev'],
    ...memoryFolder('/dev/shm'),
    ...memoryFolder('/tmp'),
    ...folders([...read_only, ...writable]),
    ...read_only.flatMap((path) => ['--ro-bind', path, path]),
    ...hidden.filter((path) => visiblePaths.some((one) => isBelow(path, one))).flatMap((path) => ['--tmpfs', path]),
    ...writable.flatMap((path) => ['--bind', path, path]),
    ...replaced.flatMap(([from, to]) => ['--ro-bind', from, to]),
    ...['--chdir', workspace, '--json-status-fd', String(status_fd)],
  ]
}

/**
 * The folders of a program's installation to be shown: that of its link and, for npm packages, the outermost
 * `node_modules`; else the program's file alone, since its folder may hold anything.
 */
export function installationOf(program: string, real: string): string[] {
  const packages = real.indexOf('/node_modules/')
  const folder = dirname(program)
  const link = folder.endsWith('/bin') || folder.endsWith('/.bin') ? folder : program
  const paths = [link, packages < 0 ? real : `${real.slice(0, packages)}/node_modules`]
  return [...new Set(paths)]
}

/** Whether a path is another, or below it. */
export function isBelow(path: string, folder: string): boolean {
  return `${path}/`.startsWith(`${folder.replace(/\/$/, '')}/`)
}

/** Bubblewrap's status says at first that the program started, at last how it ended. */
export function exitCodeIn(status: string): number | undefined {
  const code = /"exit-code"\s*:\s*(\d+)/.exec(status)?.[1]
  return code === undefined ? undefined : Number(code)
}

/** The parents of some paths, passable for everybody: those that bubblewrap creates by itself are for root alone. */
function folders(paths: readonly string[]): string[] {
  const above = paths.flatMap((path) => {
    const parts = path.split('/').slice(1, -1)
    return parts.map((_, at) => `/${parts.slice(0, at + 1).join('/')}`)
  })
  const createdFolders = new Set(above.filter((path) => path !== '/tmp' && !isBelow(path, '/usr')))
  return [...createdFolders].flatMap((path) => ['--perms', '0755', '--dir', path])
}

/** A folder in memory that any user may write; bubblewrap's own are for root alone. */
function memoryFolder(path: string): string[] {
  return ['--perms', '1777', '--size', String(memory_folder_bytes_max), '--tmpfs', path]
}
