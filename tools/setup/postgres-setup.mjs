// Which PostgreSQL the tests run on, and how one comes to be where there is none.
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, run } from '../install.mjs'
import { aptInstall, aptUpdate, isDebianRoot, succeeds } from './apt.mjs'
import { findBinaries, startPostgres } from './postgres.mjs'
import { startWatchdog } from './watchdog.mjs'

const createClusterFile = '/etc/postgresql-common/createcluster.conf'
const composeFile = join(root, 'tools', 'setup', 'postgres.compose.yaml')

/**
 * Resolves to `{ url, from, stop() }`, or to `{ remedy }` where no PostgreSQL can be had. In this order: the server
 * that MUSTER_TEST_DATABASE_URL names, binaries of this machine, Debian's package, a container. Whatever is installed
 * or downloaded is said first through `say`.
 */
export async function obtainPostgres({ install, say }) {
  const given = process.env.MUSTER_TEST_DATABASE_URL
  if (given) return { url: given, from: 'MUSTER_TEST_DATABASE_URL', stop: async () => {} }
  if (!findBinaries() && install && isDebianRoot()) await installByApt(say)
  if (findBinaries()) {
    const { url, version, stop } = await startPostgres()
    return { url, from: `PostgreSQL ${version} in a temporary directory`, stop }
  }
  if (composeWorks()) return startByCompose(say)
  return {
    remedy:
      'PostgreSQL 15 or newer is needed. Install it (Debian, Ubuntu: apt-get install postgresql), ' +
      'or start Docker, or set MUSTER_TEST_DATABASE_URL to a server where a superuser may create databases muster_test_*.',
  }
}

async function installByApt(say) {
  say('PostgreSQL is missing: installing it with apt-get (--no-install refrains).')
  await aptUpdate(say)
  if (!(await aptInstall('postgresql-common', say))) return
  // The server's package would make and start a server on port 5432, which nobody asked for.
  const asked = existsSync(createClusterFile) ? readFileSync(createClusterFile, 'utf8') : ''
  writeFileSync(createClusterFile, `${asked}\ncreate_main_cluster = false\n`)
  try {
    await aptInstall('postgresql', say)
  } finally {
    writeFileSync(createClusterFile, asked)
  }
}

function composeWorks() {
  return succeeds('docker', ['info']) && succeeds('docker', ['compose', 'version'])
}

async function startByCompose(say) {
  say('PostgreSQL is missing: starting one in a container with Docker Compose.')
  const password = randomBytes(18).toString('base64url')
  const env = { ...process.env, MUSTER_TEST_PASSWORD: password }
  const compose = ['compose', '-p', `muster-test-${process.pid}`, '-f', composeFile]
  const down = 'MUSTER_TEST_PASSWORD=- docker "$@" down --volumes --timeout 5 >/dev/null 2>&1'
  const watchdog = startWatchdog(down, compose)
  const status = await run('docker', [...compose, 'up', '--detach', '--wait'], { env, stdio: ['ignore', 2, 2] })
  if (status !== 0) {
    await watchdog.end()
    return { remedy: 'Docker Compose could not start PostgreSQL; its messages stand above.' }
  }
  const address = execFileSync('docker', [...compose, 'port', 'postgres', '5432'], { env, encoding: 'utf8' }).trim()
  const url = `postgres://postgres:${password}@127.0.0.1:${address.split(':').at(-1)}/postgres`
  return { url, from: 'PostgreSQL in a container', stop: () => watchdog.end() }
}
