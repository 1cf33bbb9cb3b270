import { createWriteStream, type WriteStream } from 'node:fs'
import { join } from 'node:path'
import type { Output } from './io.ts'

export interface LogDestination {
  write(line: string): void
}

/**
 * The destination of the server's JSON lines: a file in the data directory while a person watches the terminal, else (a
 * container, a service) standard output, as log collectors expect.
 */
export function logDestination({
  terminal,
  data_directory,
  stdout,
}: {
  terminal: boolean
  data_directory: string
  stdout: Output
}): LogDestination {
  if (!terminal) return { write: (line) => void stdout.write(line) }
  let file: WriteStream | undefined
  return {
    write(line) {
      // The directory is there by the first line: the server makes it before it says anything.
      file ??= createWriteStream(join(data_directory, 'server.log'), { flags: 'a', mode: 0o600 })
      file.write(line)
    },
  }
}
