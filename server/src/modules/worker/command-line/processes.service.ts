import { readdirSync, readlinkSync } from 'node:fs'
import { setTimeout as after } from 'node:timers/promises'
import type { Mark } from './command-line.types.ts'
import { readProc } from './system.service.ts'

/** The variable by which whatever a run starts can be found again. */
export const markVariable = 'MUSTER_RUN_ID'

const sweep_ms = 5_000
const between_sweeps_ms = 5

/**
 * The processes of a run, wherever they went: those of the user id that it alone has, or, where it shares the
 * server's, those that carry its mark in their environment or stand in its folder. What has dropped both, and its user
 * is the server's, is not found; bubblewrap is what holds that.
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
 * Kills every process of a run and says how many it found at first. All are stopped before any is killed, so that what
 * forks faster than we look runs out of processes instead of out of our sight.
 */
export async function killAll(mark: Mark): Promise<number> {
  const first = processesOf(mark)
  const until = Date.now() + sweep_ms
  for (let found = first; found.length > 0 && Date.now() < until; found = processesOf(mark)) {
    stopAll(found, mark)
    for (const pid of processesOf(mark)) signalTo(pid, 'SIGKILL')
    await after(between_sweeps_ms)
  }
  return first.length
}

/** Asks every process of a run to end. Bubblewrap's own are spared: with them all the others would be killed at once. */
export function askAll(mark: Mark): void {
  for (const pid of processesOf(mark)) if (readProc(`${pid}/comm`)?.trim() !== 'bwrap') signalTo(pid, 'SIGTERM')
}

/** How many processes and threads a user has: what the system's ceiling for that user counts from. */
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
  const stopped = new Set<number>()
  for (let fresh = pids; fresh.length > 0; fresh = processesOf(mark).filter((pid) => !stopped.has(pid))) {
    for (const pid of fresh) {
      stopped.add(pid)
      signalTo(pid, 'SIGSTOP')
    }
  }
}

function processIds(): number[] {
  try {
    return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []))
  } catch {
    // Not Linux: the process group is all there is to go by.
    return []
  }
}

/** Real, effective, saved or file-system user. */
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
    return false
  }
}

function signalTo(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}
