// A real PostgreSQL for tests and benchmarks: started from the binaries of this machine in a temporary directory, on a
// free port of 127.0.0.1, and gone without a trace afterwards, also when the program that asked for it is killed.
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { startWatchdog } from './watchdog.mjs'

const versionNeeded = 15
/** A Unix socket's path may not be longer than this on any system; PostgreSQL adds up to 20 bytes to its directory. */
const socketDirectoryBytesMax = 80
const startTries = 3
/** What is in the directory is thrown away, so nothing is flushed first. */
const removal = '"$1" -D "$2/data" -m immediate -w stop >/dev/null 2>&1; rm -rf "$2"'

/**
 * Starts a server and resolves to `{ url, version, restart(mode), stop() }`. `url` names the database `postgres` as its
 * superuser. `restart` takes pg_ctl's modes: `fast` ends sessions, `immediate` is a crash.
 * `settings` are added to postgresql.conf; fsync and synchronous_commit stay on unless they say otherwise.
 * Throws where this machine has no binaries of version 15 or newer.
 */
export async function startPostgres({ settings = {} } = {}) {
  const binaries = findBinaries()
  if (!binaries) throw new Error(`no PostgreSQL binaries of version ${versionNeeded} or newer on this machine`)
  const user = unprivilegedUser()
  const folder = mkdtempSync(join(tmpdir(), 'muster-postgres-'))
  if (user) chownSync(folder, user.uid, user.gid)
  const watchdog = startWatchdog(removal, [join(binaries.folder, 'pg_ctl'), folder], user ?? {})
  try {
    const password = initialise(binaries, folder, user)
    const port = await start({ binaries, folder, user, settings })
    return {
      url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
      version: binaries.version,
      restart: async (mode) => restart({ binaries, folder, user }, mode),
      stop: () => watchdog.end(),
    }
  } catch (error) {
    await watchdog.end()
    throw error
  }
}

/** The newest usable binaries as `{ folder, version }`, or null. Looks where pg_config says, where Debian puts them, in PATH. */
export function findBinaries() {
  const folders = [...fromPgConfig(), ...fromDebian(), ...(process.env.PATH ?? '').split(delimiter)]
  const found = [...new Set(folders)].map(binariesIn).filter((binaries) => binaries !== null)
  return found.sort((a, b) => b.version - a.version)[0] ?? null
}

function fromPgConfig() {
  try {
    return [execFileSync('pg_config', ['--bindir'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()]
  } catch {
    return []
  }
}

function fromDebian() {
  const base = '/usr/lib/postgresql'
  return existsSync(base) ? readdirSync(base).map((version) => join(base, version, 'bin')) : []
}

function binariesIn(folder) {
  const all = ['postgres', 'initdb', 'pg_ctl'].map((name) => join(folder, name))
  if (!folder || !all.every((file) => existsSync(file))) return null
  try {
    const text = execFileSync(join(folder, 'postgres'), ['--version'], { encoding: 'utf8' })
    const version = Number(/\) (\d+)/.exec(text)?.[1] ?? 0)
    return version >= versionNeeded ? { folder, version } : null
  } catch {
    return null
  }
}

/** PostgreSQL refuses to run as root: then its own user is taken, or nobody. Null: we are no root. */
function unprivilegedUser() {
  if (process.getuid?.() !== 0) return null
  const lines = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  const line = ['postgres', 'nobody'].map((name) => lines.find((fields) => fields[0] === name)).find(Boolean)
  if (!line) throw new Error('running as root, and there is neither a user postgres nor nobody to run PostgreSQL as')
  return { uid: Number(line[2]), gid: Number(line[3]) }
}

function initialise({ folder: bin }, folder, user) {
  const password = randomBytes(18).toString('base64url')
  const passwordFile = join(folder, 'password')
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 })
  if (user) chownSync(passwordFile, user.uid, user.gid)
  const locale = process.platform === 'linux' ? 'C.UTF-8' : 'C'
  const args = ['-D', join(folder, 'data'), '-U', 'postgres', '-A', 'scram-sha-256', `--pwfile=${passwordFile}`]
  execAs({ user, folder }, join(bin, 'initdb'), [...args, '-E', 'UTF8', `--locale=${locale}`])
  return password
}

/** Another program may take the free port before the server does: then one more is tried. */
async function start({ binaries, folder, user, settings }) {
  const socketFolder = Buffer.byteLength(folder) > socketDirectoryBytesMax ? '' : folder
  for (let attempts = 1; ; attempts++) {
    const port = await freePort()
    const all = {
      listen_addresses: '127.0.0.1',
      port,
      unix_socket_directories: socketFolder,
      max_connections: 200,
      timezone: 'UTC',
      ...settings,
    }
    const lines = Object.entries(all).map(([name, value]) => `${name} = '${String(value).replaceAll("'", "''")}'\n`)
    const configuration = join(folder, 'data', 'postgresql.auto.conf')
    writeFileSync(configuration, lines.join(''))
    const log = join(folder, 'log')
    try {
      const args = ['-D', join(folder, 'data'), '-l', log, '-w', '-t', '60', 'start']
      execAs({ user, folder }, join(binaries.folder, 'pg_ctl'), args)
      return port
    } catch (error) {
      const said = existsSync(log) ? readFileSync(log, 'utf8').trim() : error.message
      if (attempts === startTries || !/address already in use/i.test(said)) {
        throw new Error(`PostgreSQL did not start. It said:\n${said}`)
      }
    }
  }
}

/** On the same port, which stands in its configuration. */
function restart({ binaries, folder, user }, mode) {
  const args = ['-D', join(folder, 'data'), '-l', join(folder, 'log'), '-m', mode, '-w', '-t', '60', 'restart']
  execAs({ user, folder }, join(binaries.folder, 'pg_ctl'), args)
}

/** Output goes nowhere but into the error: the server inherits what pg_ctl has, and an open pipe would never end. */
function execAs({ user, folder }, program, args) {
  const output = join(folder, 'output')
  const script = 'out=$1; shift; exec "$@" >"$out" 2>&1 </dev/null'
  try {
    execFileSync('/bin/sh', ['-c', script, 'sh', output, program, ...args], { cwd: folder, stdio: 'ignore', ...user })
  } catch (error) {
    const said = existsSync(output) ? readFileSync(output, 'utf8').trim() : ''
    throw new Error(`${program} failed: ${said || error.message}`)
  }
}

async function freePort() {
  const server = createServer()
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  await promisify(server.close.bind(server))()
  return port
}
