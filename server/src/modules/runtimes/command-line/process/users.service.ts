import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { StartError } from '../start-error.ts'
import { isUserAlive } from './processes.service.ts'
import { isRoot, startOf } from './system.service.ts'

/**
 * User ids that runs take in turn where the server is root: above those that distributions give to people, below those
 * of systemd. Nothing needs to know them beforehand; the system keeps apart whatever ids differ.
 */
const users = { first: 58_000, count: 1_000 } as const
const folderName = 'users'
/** Separates the parts of a name, none of which contains it. */
const joint = '~'

/** Takes a user id that no other run has. */
export function takeUser(root: string): number {
  const folder = join(root, folderName)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const knownIds = knownUsers()
  const start = Math.floor(Math.random() * users.count)
  for (let step = 0; step < users.count; step++) {
    const uid = users.first + ((start + step) % users.count)
    const file = join(folder, String(uid))
    if (knownIds.has(uid) || !claim(file)) continue
    if (!isUserAlive(uid)) return uid
    rmSync(file, { force: true })
  }
  throw new StartError(`All ${users.count} user IDs for runs are in use.`)
}

/** Gives a user id back, once nothing runs as it and nothing belongs to it. */
export function freeUser(root: string, uid: number): void {
  rmSync(join(root, folderName, String(uid)), { force: true })
}

/** Releases the user ids of dead processes. */
export function freeLostUsers(root: string): void {
  const folder = join(root, folderName)
  if (!lstatSync(folder, { throwIfNoEntry: false })) return
  for (const name of readdirSync(folder)) {
    if (!isOwned(readFileSync(join(folder, name), 'utf8'))) rmSync(join(folder, name), { force: true })
  }
}

/** Whether a user id is one that only a run can have. */
export function isRunUser(uid: number): boolean {
  return isRoot() && uid >= users.first && uid < users.first + users.count
}

/** A name of this process that no later process with the same id has. */
export function ownerName(): string {
  return [process.pid, startOf(process.pid) ?? ''].join(joint)
}

/** Whether the process that an `ownerName` names is still there. */
export function isOwned(owner: string): boolean {
  const [pid = '', startTime = ''] = owner.split(joint)
  if (startTime !== '') return startOf(Number(pid)) === startTime
  try {
    return process.kill(Number(pid), 0)
  } catch {
    // There is no such process.
    return false
  }
}

function knownUsers(): Set<number> {
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n')
  return new Set(lines.map((line) => Number(line.split(':')[2])))
}

/** Creating the file claims the id; its content names the owner. */
function claim(file: string): boolean {
  try {
    writeFileSync(file, ownerName(), { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}
