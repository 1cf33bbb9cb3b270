import { readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { writeWhole } from '../whole-files.ts'
import { type Holder, parseHolder } from './socket.ts'

const fileOf = (directory: string): string => join(directory, 'lock.json')

/** Who holds a directory, as it wrote itself; undefined where nobody does, and in a copy of a directory that is held. */
export function readHolder(directory: string): Holder | undefined {
  try {
    const text = readFileSync(fileOf(directory), 'utf8')
    // Written whole by `writeHolder`.
    const { of } = JSON.parse(text) as { readonly of?: string }
    return of === idOf(directory) ? parseHolder(text) : undefined
  } catch {
    return undefined
  }
}

/** What a directory keeps when it is renamed, and its copy has not. */
function idOf(directory: string): string {
  const { dev, ino } = statSync(directory)
  return `${dev} ${ino}`
}

/** The nonce stays out of it: it proves an answer of the socket. */
export function writeHolder(directory: string, { nonce: _nonce, ...named }: Holder): void {
  writeWhole(fileOf(directory), `${JSON.stringify({ ...named, of: idOf(directory) })}\n`)
}

export function removeHolder(directory: string): void {
  rmSync(fileOf(directory), { force: true })
}

export function isRecorded(directory: string, { pid, started_at }: Holder): boolean {
  const recorded = readHolder(directory)
  return recorded?.pid === pid && recorded.started_at === started_at
}
