import { type SpawnOptions, spawn } from 'node:child_process'
import { accessSync, constants, readFileSync, statSync } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import type { Environment } from '../command-line.types.ts'

/** The program of a name on the PATH, or of an absolute path; undefined where there is none that may be run. */
export function findProgram(name: string, env: Environment): string | undefined {
  if (isAbsolute(name)) return isProgram(name) ? name : undefined
  const folders = (env.PATH ?? '').split(delimiter).filter(isAbsolute)
  return folders.map((folder) => join(folder, name)).find(isProgram)
}

/** The environment of our own helpers, and no more. */
export function bareEnvironment(env: Environment): Record<string, string> {
  return { PATH: env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C' }
}

export interface Helper {
  readonly program: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly input?: string
  /** Of standard output; past it the helper is killed and `is_cut` is true. */
  readonly bytes_max?: number
  readonly timeout_ms?: number
}

export interface HelperResult {
  /** Null where a signal ended it. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  readonly is_cut: boolean
}

const helper_bytes_max = 64 * 1024 * 1024
const helper_timeout_ms = 120_000
const complaint_characters_max = 2_000

/** Runs one of our own helpers, such as git, to its end. @throws where it cannot be started. */
export function runHelper(helper: Helper): Promise<HelperResult> {
  const { program, args, env, cwd, input, bytes_max = helper_bytes_max, timeout_ms = helper_timeout_ms } = helper
  const options: SpawnOptions = { env, stdio: ['pipe', 'pipe', 'pipe'], timeout: timeout_ms, killSignal: 'SIGKILL' }
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, cwd === undefined ? options : { ...options, cwd })
    const stdoutChunks: Buffer[] = []
    let complaint = ''
    let bytes = 0
    child.stdout?.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      stdoutChunks.push(chunk)
      if (bytes > bytes_max) child.kill('SIGKILL')
    })
    child.stderr?.on('data', (chunk: Buffer) => {
      complaint = (complaint + chunk.toString('utf8')).slice(-complaint_characters_max)
    })
    child.once('error', reject)
    child.once('close', (code) => {
      const stdout = Buffer.concat(stdoutChunks).subarray(0, bytes_max).toString('utf8')
      resolve({ code, stdout, stderr: complaint.trim(), is_cut: bytes > bytes_max })
    })
    // It may end before it has read its input.
    child.stdin?.on('error', () => {})
    child.stdin?.end(input ?? '')
  })
}

/**
 * The start time of a process in ticks since boot: with its id it names one process for ever. Undefined where it is
 * gone, or there is no /proc.
 */
export function startOf(pid: number): string | undefined {
  const stat = readProc(`${pid}/stat`)
  // The second field is the name in parentheses, which may hold anything.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
}

/** A file below /proc; undefined where the process is gone or not ours to read. */
export function readProc(path: string): string | undefined {
  try {
    return readFileSync(`/proc/${path}`, 'latin1')
  } catch {
    return undefined
  }
}

export function isRoot(): boolean {
  return process.getuid?.() === 0
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    // It does not exist, or may not be run.
    return false
  }
}
