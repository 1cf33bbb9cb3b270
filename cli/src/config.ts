import { createInterface } from 'node:readline/promises'
import type { Io } from './io.ts'

/** The real process. The only place that reads its environment and streams. */
export function processIo(signal: AbortSignal): Io {
  // A reader that has seen enough (`muster journal export | head`) is no failure; a full disk is.
  let outputClosed = (error: NodeJS.ErrnoException): void => process.exit(error.code === 'EPIPE' ? 0 : 1)
  process.stdout.on('error', (error: NodeJS.ErrnoException) => outputClosed(error))
  // What is told here is for people; without one who reads it, the command still does its work.
  process.stderr.on('error', () => {})
  return {
    env: process.env,
    cwd: process.cwd(),
    stdout: process.stdout,
    stderr: process.stderr,
    interactive: process.stdin.isTTY === true && process.stderr.isTTY === true,
    async ask(question) {
      const reader = createInterface({ input: process.stdin, output: process.stderr })
      try {
        return await reader.question(question, { signal })
      } catch {
        return null
      } finally {
        reader.close()
      }
    },
    async readInput() {
      const pieces: Buffer[] = []
      for await (const piece of process.stdin) pieces.push(piece as Buffer)
      return Buffer.concat(pieces)
    },
    signal,
    onOutputClosed(listener) {
      outputClosed = listener
    },
  }
}

/** Sets settings of this process before the server reads them. */
export function exportEnvironment(values: Readonly<Record<string, string>>): void {
  Object.assign(process.env, values)
}
