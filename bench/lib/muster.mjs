// Starts processes of the built program against one database, and speaks to its API.
import { spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../../cli/bin/muster.js', import.meta.url))
const signer = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

/** A process with some of the services, on one core if `core` names it; `stop` ends it gracefully and removes its data directory. */
export async function startProcess({ database_url, services, slots = 16, core, environment = {}, flags = [] }) {
  const data_dir = mkdtempSync(join(tmpdir(), 'muster-bench-'))
  const env = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    MUSTER_DATA_DIR: data_dir,
    MUSTER_PORT: '0',
    MUSTER_SAMPLE: '0',
    MUSTER_LOG_LEVEL: 'warn',
    MUSTER_JOURNAL_SIGNER: signer,
    MUSTER_WORKER_SLOTS: String(slots),
    ...(database_url && { DATABASE_URL: database_url }),
    ...(services && { MUSTER_SERVICES: services }),
    ...environment,
  }
  const pinned = core === undefined ? [] : ['taskset', '-c', String(core)]
  const [command, ...words] = [...pinned, process.execPath, ...flags, program, 'up']
  const child = spawn(command, words, { env, stdio: ['ignore', 'inherit', 'pipe'] })
  let said = ''
  child.stderr.on('data', (bytes) => {
    said += bytes
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const isApi = !services || services.includes('api')
  const file = join(data_dir, isApi ? 'server.json' : 'lock.json')
  for (let attempts = 0; !existsSync(file); attempts += 1) {
    if (child.exitCode !== null || attempts > 600) throw new Error(`The process did not start: ${said}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const address = isApi ? JSON.parse(readFileSync(file, 'utf8')).address : undefined
  const key = existsSync(join(data_dir, 'first-key'))
    ? readFileSync(join(data_dir, 'first-key'), 'utf8').trim()
    : undefined
  return {
    address,
    key,
    pid: child.pid,
    async kill() {
      child.kill('SIGKILL')
      await ended
      rmSync(data_dir, { recursive: true, force: true })
    },
    async stop() {
      child.kill('SIGTERM')
      await ended
      rmSync(data_dir, { recursive: true, force: true })
    },
  }
}

/** Calls the API; a refusal is an error. */
export function caller({ address, key }) {
  return async (method, path, body) => {
    const answer = await fetch(address + path, {
      method,
      headers: { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    })
    const { data, error } = await answer.json()
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(error)}`)
    return data
  }
}

/** Runs `work` for 0 to n-1, at most `width` at a time. */
export async function inParallel(n, width, work) {
  let next = 0
  const lane = async () => {
    while (next < n) {
      const index = next
      next += 1
      await work(index)
    }
  }
  await Promise.all(Array.from({ length: width }, lane))
}
