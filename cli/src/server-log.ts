import { createWriteStream, type WriteStream } from 'node:fs'
import { join } from 'node:path'
import type { Io } from './io.ts'

export interface LogDestination {
  write(line: string): void
}

/**
 * The destination of the server's JSON lines: a file in the data directory while a person watches the terminal, else (a
 * container, a service) standard output, as log collectors expect. When standard output can no longer be written, the
 * server runs on and its lines go to the file.
 */
export function logDestination(
  io: Pick<Io, 'stdout' | 'stderr' | 'onOutputClosed'>,
  data_directory: string,
): LogDestination {
  const file = createLogFile(join(data_directory, 'server.log'))
  let isOpen = io.stderr.isTTY !== true
  io.onOutputClosed(() => {
    if (!isOpen) return
    isOpen = false
    file.write(`${JSON.stringify({ level: 'warn', time: new Date().toISOString(), msg: closed })}\n`)
  })
  return { write: (line) => (isOpen ? void io.stdout.write(line) : file.write(line)) }
}

const closed = 'standard output can no longer be written; the log goes on in this file'

/** A file that is opened with its first line, and again after it could not be written (a full disk). */
function createLogFile(path: string): LogDestination {
  let file: WriteStream | undefined
  function open(): WriteStream {
    const stream = createWriteStream(path, { flags: 'a', mode: 0o600 })
    // Lines that do not fit on the disk are lost; the server is not.
    stream.on('error', () => {
      if (file === stream) file = undefined
    })
    return stream
  }
  return {
    write(line) {
      // The directory is there by the first line: the server makes it before it says anything.
      file ??= open()
      file.write(line)
    },
  }
}
