import { readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fieldOf, parseJson } from '@muster/contract/platform/objects'
import { type Holder, parseHolder } from './socket.ts'
import { writeWhole } from './whole-files.ts'

const fileOf = (directory: string): string => join(directory, 'lock.json')

/** The holder of a directory, as it wrote itself; undefined where there is none, and in a copy of the directory. */
export function readHolder(directory: string): Holder | undefined {
  try {
    const text = readFileSync(fileOf(directory), 'utf8')
    // Written whole by `writeHolder`.
    return fieldOf(parseJson(text), 'of') === idOf(directory) ? parseHolder(text) : undefined
  } catch {
    return undefined
  }
}

/** The identity of a directory: a renamed one keeps it, a copy has another. */
function idOf(directory: string): string {
  const { dev, ino } = statSync(directory)
  return `${dev} ${ino}`
}

/** Without the nonce, which proves an answer of the socket. */
export function writeHolder(directory: string, { nonce: _nonce, ...named }: Holder): void {
  writeWhole(fileOf(directory), `${JSON.stringify({ ...named, of: idOf(directory) })}\n`)
}

export function removeHolder(directory: string): void {
  rmSync(fileOf(directory), { force: true })
}

export function isRecorded(directory: string, { pid, started_at }: Holder): boolean {
  const recordedHolder = readHolder(directory)
  return recordedHolder?.pid === pid && recordedHolder.started_at === started_at
}
