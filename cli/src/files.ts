import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { readText } from '@muster/contract/texts/encodings'
import type { Json } from '@muster/contract/values'
import { jsonOrText, parseJson } from './arguments.ts'
import { say } from './context.ts'
import { usage } from './failures.ts'
import type { Io } from './io.ts'

/** The text of a file in any encoding that it shows; `-` is the standard input. An encoding that is assumed is said. */
export async function readTextFile(io: Io, file: string): Promise<string> {
  const bytes =
    file === '-'
      ? await io.readInput()
      : await readFile(resolve(io.cwd, file)).catch(() => {
          throw usage(`cannot read ${file}`)
        })
  const reading = readText(bytes)
  if ('problem' in reading) throw usage(`cannot read ${file}: ${reading.problem}`)
  if (reading.assumed) say(io, `${file} does not say its encoding and was read as Windows-1252`)
  return reading.text
}

/** The value of a file: JSON where its name ends so, else JSON or text. */
export async function readValueFile(io: Io, file: string): Promise<Json> {
  const text = await readTextFile(io, file)
  return /\.json$/i.test(file) ? parseJson(text, file) : jsonOrText(text)
}
