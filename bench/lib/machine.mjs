// What the machine does meanwhile: its load, what a process has used of it, on which core a process runs.
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'

const ticks_per_second = 100

/** The load averages of the machine, as `/proc/loadavg` says them; undefined where there is none. */
export function load() {
  return existsSync('/proc/loadavg')
    ? readFileSync('/proc/loadavg', 'utf8').split(' ').slice(0, 3).join(' ')
    : undefined
}

/** Seconds of processor time that a process has used. */
export function cpuSeconds(pid) {
  const fields = statOf(pid)
  return (Number(fields[11]) + Number(fields[12])) / ticks_per_second
}

/** The same of a process with its children, also those that have ended. */
export function familySeconds(pid) {
  const ended = (Number(statOf(pid)[13]) + Number(statOf(pid)[14])) / ticks_per_second
  const children = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && parentOf(name) === pid)
  return [pid, ...children].reduce((sum, one) => sum + cpuSeconds(one), ended)
}

export function parentOf(pid) {
  return Number(statOf(pid)[1])
}

/** The fields behind the name, which may hold spaces; of a process that has just gone there are none. */
function statOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ')
  } catch {
    return []
  }
}

export function residentMb(pid) {
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024)
}

/** Puts this process, and what it starts from now on, on one core; false where the machine cannot. */
export function stayOn(core) {
  try {
    execFileSync('taskset', ['-cp', String(core), String(process.pid)], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Starts a script of Node's that prints its port first; on a core of its own if one is named. */
export async function startScript(file, args, { core, env } = {}) {
  const pinned = core === undefined ? [process.execPath] : ['taskset', '-c', String(core), process.execPath]
  const [command, ...words] = [...pinned, file, ...args]
  const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } })
  const first = await new Promise((resolve, reject) => {
    child.stdout.once('data', (bytes) => resolve(bytes.toString()))
    child.once('exit', () => reject(new Error(`${file} ended`)))
  })
  child.stdout.resume()
  const ended = new Promise((resolve) => child.once('exit', resolve))
  return {
    address: `http://127.0.0.1:${first.trim()}`,
    pid: child.pid,
    async stop() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
