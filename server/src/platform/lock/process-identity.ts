import { readFileSync, readlinkSync } from 'node:fs'

/** The identity of a process beyond its process id, which is reused, and means nothing outside of its container. */
export interface ProcessIdentity {
  readonly pid: number
  /** Of this run of the kernel. */
  readonly boot_id: string
  /** The namespace of the process id. */
  readonly pid_namespace: string
  /** When it was started, in ticks since the kernel was. */
  readonly start_ticks: string
}

/** Undefined where the system has no /proc as Linux has. */
export function ownIdentity(): ProcessIdentity | undefined {
  const system = ownSystem()
  const start_ticks = startTicksOf(process.pid)
  return system && start_ticks !== undefined ? { pid: process.pid, ...system, start_ticks } : undefined
}

/** Whether that process lives, also where it is stopped or too busy to answer. False where that is unknown. */
export function isAlive(identity: ProcessIdentity): boolean {
  const here = ownSystem()
  const isComparable = here?.boot_id === identity.boot_id && here.pid_namespace === identity.pid_namespace
  return isComparable && startTicksOf(identity.pid) === identity.start_ticks
}

function ownSystem(): Pick<ProcessIdentity, 'boot_id' | 'pid_namespace'> | undefined {
  try {
    const boot_id = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return { boot_id, pid_namespace: readlinkSync('/proc/self/ns/pid') }
  } catch {
    return undefined
  }
}

const dead_states = new Set(['Z', 'X', 'x'])

/** The 22nd field of proc(5) stat; undefined for a process that is gone, or that is dead and has not been waited for. */
function startTicksOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name stands in brackets and may hold anything.
    const [state = '', ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return dead_states.has(state) ? undefined : fields[18]
  } catch {
    return undefined
  }
}
