import { type ChildProcess, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as after } from 'node:timers/promises'
import type { Environment, Mark } from '../command-line.types.ts'
import type { CommandLineLimits } from '../limits.rules.ts'
import { exitCodeIn } from '../sandbox/sandbox.rules.ts'
import { askAll, killAll, processesOf, signalGroup } from './processes.service.ts'
import { bareEnvironment } from './system.service.ts'

/** Why we ended a program. */
export type Ending = 'wall' | 'idle' | 'output_limit' | 'aborted'

export interface Launch {
  readonly program: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  /** Written to its standard input, which is then closed. */
  readonly input: string
  readonly mark: Mark
  readonly is_caged: boolean
  readonly limits: CommandLineLimits
  readonly signal: AbortSignal
  readonly host_env: Environment
}

export interface ProgramEnd {
  /** Undefined where it ended by itself. */
  readonly ending: Ending | undefined
  readonly exit_code: number | undefined
  /** The signal that ended it, ours or another's. */
  readonly by_signal: string | undefined
  readonly left_behind: number
  /** Why nothing was run at all. */
  readonly not_started: string | undefined
}

export interface RunningProgram {
  /** Restarts the idle time: the program has written something. */
  touch(): void
  /** Ends the program, gently first. */
  stop(ending: Ending): void
  readonly programEnd: Promise<ProgramEnd>
}

const drain_ms = 2_000

/**
 * Runs a program as the head of its own process group and session, without a shell, and makes sure that none of its
 * processes survives: when it ends, when it is stopped, and when this server dies.
 */
export function launch(launchOptions: Launch, onStreams: (stdout: Readable, stderr: Readable) => void): RunningProgram {
  const { program, args, cwd, env, is_caged, limits, signal } = launchOptions
  const child = spawn(program, [...args], {
    cwd,
    env,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe', is_caged ? 'pipe' : 'ignore'],
  })
  const guard = is_caged ? undefined : startGuard(launchOptions, child.pid)
  // The fourth stream is a pipe that is only read.
  const status = is_caged ? collect(child.stdio[3] as Readable) : undefined
  const stopper = createStopper(launchOptions, child)
  const idle = createTimer(limits.idle_ms, () => stopper.stop('idle'))
  const wall = createTimer(limits.wall_ms, () => stopper.stop('wall'))
  const abort = (): void => stopper.stop('aborted')
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  feed(child.stdin, launchOptions.input)
  if (child.stdout && child.stderr) onStreams(child.stdout, child.stderr)
  const programEnd = finish(launchOptions, child, status).then((end) => {
    idle.cancel()
    wall.cancel()
    signal.removeEventListener('abort', abort)
    stopper.done()
    guard?.end()
    return { ...end, ending: stopper.ending() }
  })
  return { touch: idle.restart, stop: stopper.stop, programEnd }
}

async function finish(
  { mark, is_caged }: Launch,
  child: ChildProcess,
  status: { text(): string } | undefined,
): Promise<Omit<ProgramEnd, 'ending'>> {
  const closeEvent = new Promise((resolve) => child.once('close', resolve))
  const { code, by_signal, error } = await exitOf(child)
  // Left-over processes hold our pipes too, so the pipes close only once they are killed.
  if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL')
  const left_behind = await killAll(mark)
  await Promise.race([closeEvent, after(drain_ms, undefined, { ref: false })])
  for (const stream of child.stdio) stream?.destroy()
  if (error) return { exit_code: undefined, by_signal: undefined, left_behind, not_started: error.message }
  const reportedExitCode = status && exitCodeIn(status.text())
  const exit_code = is_caged ? reportedExitCode : (code ?? undefined)
  const not_started =
    is_caged && reportedExitCode === undefined && by_signal === null ? 'bubblewrap could not start it' : undefined
  // Bubblewrap says 128 and the signal's number where a signal ended the program.
  return { exit_code, by_signal: by_signal ?? undefined, left_behind, not_started }
}

function exitOf(child: ChildProcess) {
  return new Promise<{ code: number | null; by_signal: NodeJS.Signals | null; error?: Error }>((resolve) => {
    child.once('error', (error) => {
      if (child.pid === undefined) resolve({ code: null, by_signal: null, error })
    })
    child.once('exit', (code, by_signal) => resolve({ code, by_signal }))
  })
}

/** Sends SIGTERM, and SIGKILL after the grace period; a second call does not shorten it. */
function createStopper({ mark, limits }: Launch, child: ChildProcess) {
  let ending: Ending | undefined
  let killTimer: NodeJS.Timeout | undefined
  let is_done = false
  const kill = async (): Promise<void> => {
    if (is_done || child.pid === undefined) return
    signalGroup(child.pid, 'SIGKILL')
    await killAll(mark)
  }
  return {
    ending: () => ending,
    done() {
      is_done = true
      clearTimeout(killTimer)
    },
    stop(why: Ending) {
      if (ending !== undefined || is_done) return
      ending = why
      if (child.pid === undefined) return
      // Without /proc only the process group can be found; bubblewrap itself would end the rest at once.
      if (processesOf(mark).length > 0) askAll(mark)
      else signalGroup(child.pid, 'SIGTERM')
      killTimer = setTimeout(() => void kill(), limits.grace_ms)
    },
  }
}

/**
 * Outside of bubblewrap the system does not end the program when this server dies, so a shell waits for the end of a
 * pipe that only this process holds, then kills the group and the run's other processes.
 */
function startGuard({ mark, host_env }: Launch, group: number | undefined): { end(): void } | undefined {
  if (group === undefined) return undefined
  const byUser = 'setpriv --reuid "$2" --regid "$2" --clear-groups -- /bin/sh -c "kill -KILL -1"'
  const byMark = `for round in 1 2 3; do for file in /proc/[0-9]*/environ; do
    if tr '\\0' '\\n' <"$file" 2>/dev/null | grep -qx "MUSTER_RUN_ID=$2"; then pid=\${file%/environ}; kill -KILL "\${pid#/proc/}"; fi
  done; done`
  const script = `cat >/dev/null; kill -KILL -- "-$1"; ${mark.uid === undefined ? byMark : byUser}`
  const scriptArgs = [String(group), mark.uid === undefined ? mark.run_id : String(mark.uid)]
  const shell = spawn('/bin/sh', ['-c', script, 'sh', ...scriptArgs], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: bareEnvironment(host_env),
  })
  shell.on('error', () => {})
  shell.stdin.on('error', () => {})
  shell.unref()
  return {
    end() {
      // The shell is killed first, so that nobody acts on the pipe's end.
      shell.kill('SIGKILL')
      shell.stdin.destroy()
    },
  }
}

function feed(stdin: Writable | null, input: string): void {
  // It may end, or close its input, without having read it.
  stdin?.on('error', () => {})
  stdin?.end(input)
}

function collect(stream: Readable): { text(): string } {
  let text = ''
  stream.on('data', (chunk: Buffer) => {
    text += chunk.toString('utf8')
  })
  stream.on('error', () => {})
  return { text: () => text }
}

function createTimer(ms: number, onTime: () => void): { restart(): void; cancel(): void } {
  const timer = setTimeout(onTime, ms)
  let isCancelled = false
  return {
    // A timer that was cleared would be set again by this.
    restart: () => void (isCancelled || timer.refresh()),
    cancel() {
      isCancelled = true
      clearTimeout(timer)
    },
  }
}
