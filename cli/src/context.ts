import { type ExitCode, exitCodes } from '@muster/contract/platform/exit-codes'
import type { Json } from '@muster/contract/values'
import { type Client, createClient } from '@muster/sdk/client'
import { Command } from 'commander'
import { CommandFailure } from './failures.ts'
import type { Io } from './io.ts'
import { readSettings, type Settings } from './settings.ts'
import { columnsOf, oneLine, padded, printable } from './terminal-text.ts'

/** What a command can use: streams, settings, client, exit code. */
export interface Context {
  readonly io: Io
  settings(): Promise<Settings>
  /** A client with the key that was found. */
  connect(): Promise<Client>
  /** Sets the exit code of a command that went well as such but has something to say. */
  exitWith(code: ExitCode): void
}

export function createContext(io: Io, exitWith: (code: ExitCode) => void): Context {
  const settings = () => readSettings(io)
  return {
    io,
    settings,
    exitWith,
    async connect() {
      const { address, key, data_directory } = await settings()
      if (key === null) {
        const where = `MUSTER_KEY is not set and there is no first-key in ${data_directory}`
        throw new CommandFailure(
          exitCodes.unreachable,
          `no API key: ${where}\nStart Muster with \`npm start\`, or set MUSTER_KEY.`,
        )
      }
      return createClient({ base_url: address, key })
    },
  }
}

/** A command that prints data, as the API gave it with `--json`, else for people. */
export function leaf(name: string, description: string): Command {
  return new Command(name).description(description).option('--json', 'print JSON')
}

/** A command that only groups others. */
export function group(name: string, description: string, commands: readonly Command[]): Command {
  const parent = new Command(name).description(description)
  for (const command of commands) parent.addCommand(command)
  return parent
}

export interface Printed {
  readonly json?: boolean | undefined
}

/** Prints data as JSON, or the lines that people read. */
export function print(
  { io, json }: Printed & { readonly io: Io },
  data: unknown,
  lines: () => readonly string[],
): void {
  if (json === true) io.stdout.write(`${JSON.stringify(data, null, 2)}\n`)
  else for (const line of lines()) io.stdout.write(`${printable(line)}\n`)
}

/** Something for people that is no data: progress, hints. */
export function say(io: Io, text: string): void {
  io.stderr.write(`${printable(text)}\n`)
}

/** Rows under headings, in columns; every cell on one line. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return ['(none)']
  const all = [headings, ...rows].map((row) => row.map(oneLine))
  const widths = headings.map((_heading, column) => Math.max(...all.map((row) => columnsOf(row[column] ?? ''))))
  return all.map((row) =>
    row
      .map((cell, column) => padded(cell, widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

/** A value for people: text as it is, anything else as JSON. */
export function valueLines(value: Json): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value === 'object' && value !== null && 'text' in value && typeof value.text === 'string') {
    return [value.text]
  }
  return [JSON.stringify(value, null, 2)]
}

/** Takes at most so many items of a list. */
export async function take<Item>(items: AsyncIterable<Item>, most: number): Promise<Item[]> {
  const firstItems: Item[] = []
  for await (const item of items) {
    if (firstItems.length >= most) break
    firstItems.push(item)
  }
  return firstItems
}
