import { readdirSync, readlinkSync } from 'node:fs'
import { setTimeout as after } from 'node:timers/promises'
import type { Mark } from '../command-line.types.ts'
import { readProc } from './system.service.ts'

/** The environment variable by which a run's processes are found. */
export const markVariable = 'MUSTER_RUN_ID'

const sweep_ms = 5_000
const between_sweeps_ms = 5

/**
 * The processes of a run: those of its own user id or, where it shares the server's, those with its mark in their
 * environment or in its folder. A process that dropped both under the server's user is not found; only bubblewrap
 * contains such a one.
 */
export function processesOf(mark: Mark): number[] {
  return processIds().filter((pid) => {
    const status = readProc(`${pid}/status`)
    if (status === undefined || pid === process.pid || /^State:\s+[ZX]/m.test(status)) return false
    return mark.uid === undefined ? isMarked(pid, mark) : hasUser(status, mark.uid)
  })
}

/** Sends a signal to a process group; whether there was one. */
export function signalGroup(group: number, signal: NodeJS.Signals): boolean {
  return signalTo(-group, signal)
}

/**
 * Kills every process of a run and returns how many it found at first. All are stopped before any is killed, so that a
 * program that forks quickly cannot escape.
 */
export async function killAll(mark: Mark): Promise<number> {
  const first = processesOf(mark)
  const until = Date.now() + sweep_ms
  for (let pids = first; pids.length > 0 && Date.now() < until; pids = processesOf(mark)) {
    stopAll(pids, mark)
    for (const pid of processesOf(mark)) signalTo(pid, 'SIGKILL')
    await after(between_sweeps_ms)
  }
  return first.length
}

/**
 * Sends SIGTERM to every process of a run, but not to bubblewrap's own: with them all the others would be killed at
 * once.
 */
export function askAll(mark: Mark): void {
  for (const pid of processesOf(mark)) if (readProc(`${pid}/comm`)?.trim() !== 'bwrap') signalTo(pid, 'SIGTERM')
}

/** The number of a user's processes and threads, from which the system's ceiling counts. */
export function threadsOf(uid: number): number {
  return processIds().reduce((sum, pid) => {
    const status = readProc(`${pid}/status`)
    if (status === undefined || !hasUser(status, uid)) return sum
    return sum + Number(/^Threads:\s+(\d+)/m.exec(status)?.[1] ?? 1)
  }, 0)
}

/** Whether any process runs as a user. */
export function isUserAlive(uid: number): boolean {
  return processIds().some((pid) => hasUser(readProc(`${pid}/status`) ?? '', uid))
}

function stopAll(pids: readonly number[], mark: Mark): void {
  const stoppedPids = new Set<number>()
  for (let fresh = pids; fresh.length > 0; fresh = processesOf(mark).filter((pid) => !stoppedPids.has(pid))) {
    for (const pid of fresh) {
      stoppedPids.add(pid)
      signalTo(pid, 'SIGSTOP')
    }
  }
}

function processIds(): number[] {
  try {
    return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []))
  } catch {
    // Not Linux: there is only the process group.
    return []
  }
}

/** Whether it is the real, effective, saved or file-system user. */
function hasUser(status: string, uid: number): boolean {
  const ids = /^Uid:\s+(.*)$/m.exec(status)?.[1]?.split(/\s+/) ?? []
  return ids.includes(String(uid))
}

function isMarked(pid: number, { run_id, folder }: Mark): boolean {
  const environment = readProc(`${pid}/environ`) ?? ''
  if (`\0${environment}`.includes(`\0${markVariable}=${run_id}\0`)) return true
  try {
    return `${readlinkSync(`/proc/${pid}/cwd`)}/`.startsWith(`${folder}/`)
  } catch {
    // It has ended meanwhile, or is another user's.
    return false
  }
}

function signalTo(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    // It has ended meanwhile.
    return false
  }
}
