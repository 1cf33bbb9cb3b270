// What `npm start` and `npm test` need before anything is installed: only Node's own modules may be imported here.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's root, without a trailing slash. */
export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '')

const nodeNeeded = [20, 19]

/** Ends the program with exit code 2 where this Node is older than the one the product is written for. */
export function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > nodeNeeded[0] || (major === nodeNeeded[0] && minor >= nodeNeeded[1])) return
  process.stderr.write(
    `Muster needs Node ${nodeNeeded.join('.')} or newer; this is ${process.version}. Install one from https://nodejs.org and try again.\n`,
  )
  process.exit(2)
}

/**
 * Names one package that the lock file asks for and that is not installed as asked, or null. npm writes what it
 * installed into `node_modules/.package-lock.json`; packages for other platforms stand in the lock file as optional.
 */
export function missingPackage(folder = root) {
  const wanted = packagesIn(join(folder, 'package-lock.json'))
  const present = packagesIn(join(folder, 'node_modules', '.package-lock.json'))
  for (const [path, entry] of Object.entries(wanted)) {
    if (!path.includes('node_modules/')) continue
    const installed = present[path]
    const optional = entry.optional || entry.devOptional || entry.peer
    if (!installed && optional) continue
    if (!installed || installed.version !== entry.version || !existsSync(join(folder, path))) return path
  }
  return null
}

/** Runs `npm ci` where a package is missing, saying so first. Throws where npm fails. */
export async function ensureInstalled() {
  const missing = missingPackage()
  if (!missing) return
  process.stderr.write(`Installing dependencies (npm ci): ${missing.replace(/^.*node_modules\//, '')} is missing.\n`)
  const { program, args, shell } = npmCall(['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'])
  const status = await run(program, args, { stdio: ['ignore', 2, 2], shell })
  if (status !== 0) throw new Error(`npm ci failed with exit code ${status}; its messages stand above`)
}

/** Runs a program in the root with this terminal and resolves to its exit code; 1 where a signal ended it. */
export function run(program, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, stdio: 'inherit', ...options })
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
}

/** How npm is called: as the one that runs us where there is one, so that no shell is needed on any platform. */
export function npmCall(args) {
  const self = process.env.npm_execpath
  if (self && /npm-cli\.c?js$/.test(self)) return { program: process.execPath, args: [self, ...args], shell: false }
  return { program: 'npm', args, shell: process.platform === 'win32' }
}

function packagesIn(file) {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')).packages ?? {}) : {}
}
