import { createInterface } from 'node:readline/promises'
import { editText } from './editor.ts'
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
      // In raw mode Ctrl-C is a key: it means here what it means everywhere. Ctrl-D ends the input.
      reader.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
      const closed = new Promise<null>((resolve) => reader.once('close', () => resolve(null)))
      try {
        return await Promise.race([reader.question(question, { signal }), closed])
      } catch {
        return null
      } finally {
        reader.close()
      }
    },
    edit: (text, extension) => editText(process.env, { text, extension }),
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
