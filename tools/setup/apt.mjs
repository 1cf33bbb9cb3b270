// Debian's packages, for what the tests need beside npm's: only as root, and never without saying so first.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { run } from '../install.mjs'

export function isDebianRoot() {
  return process.getuid?.() === 0 && existsSync('/etc/debian_version') && succeeds('apt-get', ['--version'])
}

/** Brings the package lists up to date. Old ones may still do, so that it fails is said and no more. */
export async function aptUpdate(say) {
  if ((await aptGet('update')) !== 0) say('apt-get update failed; trying with the package lists that are here.')
}

/** Resolves to whether the package is installed now. */
export async function aptInstall(name, say) {
  if ((await aptGet('install', '-y', '--no-install-recommends', name)) === 0) return true
  say(`apt-get install ${name} failed.`)
  return false
}

export function succeeds(program, args) {
  try {
    execFileSync(program, args, { stdio: 'ignore', timeout: 20_000 })
    return true
  } catch {
    return false
  }
}

function aptGet(...args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  return run('apt-get', ['-qq', ...args], { env, stdio: ['ignore', 2, 2] })
}
