import { createWriteStream, type WriteStream } from 'node:fs'
import { join } from 'node:path'
import type { Output } from './io.ts'

export interface LogDestination {
  write(line: string): void
}

/**
 * Where the server's JSON lines go: to a file in the data directory while somebody watches the terminal, to standard
 * output where nobody does (a container, a service), as collectors of logs expect.
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
