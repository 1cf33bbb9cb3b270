/**
 * Named places at which the kill harness (`npm run kill`) ends or stops this process. They are in the program that ships,
 * since only that program is worth testing, and do nothing unless `MUSTER_TEST_KILL_POINT` is set. A module names its own:
 * `const killPoint = commitKillPoints('judge.settle')` beside the operation, and a call within its transaction.
 */
import { appendFileSync } from 'node:fs'
import { ConfigError } from './config.ts'
import type { Log } from './log.ts'
import { nearest } from './text/nearest.ts'

/** The hooks of a transaction that a point needs. */
export interface CommitHooks {
  beforeCommit(work: () => Promise<void>): void
  afterCommit(work: () => void): void
}

/** Called each time that any point is reached; undefined in every process that is not under test. */
let onReached: ((name: string) => void) | undefined

const names = new Set<string>()

/** All points of the modules that are loaded, sorted. */
export const killPointNames = (): readonly string[] => [...names].sort()

/** A point by its name, `module.operation.moment`; the process may end within the call. */
export function killPoint(name: string): () => void {
  names.add(name)
  return () => onReached?.(name)
}

/** The points `name.before_commit`, right before the commit is sent, and `name.after_commit`, before anybody is told of it. */
export function commitKillPoints(name: string): (tx: CommitHooks) => void {
  const before = killPoint(`${name}.before_commit`)
  const after = killPoint(`${name}.after_commit`)
  return (tx) => {
    if (onReached === undefined) return
    tx.beforeCommit(async () => before())
    tx.afterCommit(after)
  }
}

/**
 * Arms one point as the setting says: `name:3` sends SIGKILL to this process at the third time that it is reached, and
 * `name:3:stop` SIGSTOP. `record:file` writes the name of each point that is reached into a file instead. Throws
 * `ConfigError` for anything else, such as a name that no module has.
 */
export function armKillPoints(setting: string | undefined, log: Pick<Log, 'warn'>): void {
  onReached = undefined
  if (setting === undefined) return
  const [name = '', rest = '', how = 'kill'] = setting.split(':')
  onReached = name === 'record' ? hitRecorder(setting.slice('record:'.length)) : processKiller(name, rest, how)
  log.warn({ kill_point: setting }, 'MUSTER_TEST_KILL_POINT is set: this process may end itself, as a test wants it')
}

function hitRecorder(file: string): (name: string) => void {
  const recordedNames = new Set<string>()
  return (name) => {
    if (recordedNames.has(name)) return
    recordedNames.add(name)
    appendFileSync(file, `${name}\n`)
  }
}

function processKiller(targetName: string, hit: string, how: string): (name: string) => void {
  if (!names.has(targetName))
    throw new ConfigError(
      `MUSTER_TEST_KILL_POINT names ${targetName}, which is no kill point; the nearest is ${nearest(targetName, killPointNames())}.`,
    )
  if (!/^[1-9]\d{0,8}$/.test(hit) || !/^(kill|stop)$/.test(how))
    throw new ConfigError('MUSTER_TEST_KILL_POINT takes name:hit or name:hit:stop, with the hit counted from 1.')
  let hitsLeft = Number(hit)
  return (name) => {
    if (name !== targetName) return
    hitsLeft -= 1
    if (hitsLeft === 0) process.kill(process.pid, how === 'stop' ? 'SIGSTOP' : 'SIGKILL')
  }
}
