import { connect } from 'node:net'
import { join } from 'node:path'
import { exitCodes } from '@muster/contract/platform/exit-codes'
import { delay } from '@muster/sdk/delay'
import { Command } from 'commander'
import { duration } from '../arguments.ts'
import { type Context, say } from '../context.ts'
import { CommandFailure } from '../failures.ts'

/** `muster stop`: asks the holder of the data directory to end, over the socket that is its lock, and waits for it. */
export function stopCommand({ io, settings }: Context): Command {
  return new Command('stop')
    .description('stop the server gracefully')
    .option('--timeout <time>', 'how long to wait', duration, 60_000)
    .action(async ({ timeout }: { timeout: number }) => {
      const { data_directory, server } = await settings()
      const path = server?.socket ?? join(data_directory, 'lock.sock')
      if (!(await tell(path, 'stop\n'))) {
        throw new CommandFailure(exitCodes.unreachable, `no server is running for ${data_directory}`)
      }
      say(io, 'Stopping…')
      if (!(await untilGone(path, timeout, io.signal))) {
        throw new CommandFailure(exitCodes.failed, `still running after ${timeout} ms`)
      }
      say(io, 'stopped')
    })
}

/** Sends a line to a socket and waits until it is on its way; false where nobody listens. */
export function tell(path: string, line: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => socket.end(line))
    socket.once('error', () => resolve(false))
    socket.once('close', (hadError) => resolve(!hadError))
    socket.resume()
    // The holder may keep the connection open until it has ended; the line is there all the same.
    socket.once('finish', () => resolve(true))
  })
}

/** Whether somebody listens on a socket. */
export function listens(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

async function untilGone(path: string, timeout_ms: number, signal: AbortSignal): Promise<boolean> {
  for (const end = performance.now() + timeout_ms; performance.now() < end; await delay(100, signal)) {
    if (signal.aborted) return false
    if (!(await listens(path))) return true
  }
  return false
}
