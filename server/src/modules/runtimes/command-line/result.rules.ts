import type { ResultSource } from './adapter.rules.ts'

/** Reads the result out of a program's output, line by line, and keeps no more than it needs. */
export interface ResultReader {
  /** One line of its standard output, without the line break. */
  line(text: string): void
  end(): Reading
}

export interface Reading {
  /** Undefined where the program gave no result. */
  readonly text: string | undefined
  /** The failure that the program itself reports. */
  readonly failure: string | undefined
}

/** `characters_max` bounds plain output; past it the end is kept, where results usually are. */
export function createResultReader(source: ResultSource, characters_max: number): ResultReader {
  if (source.from === 'json_lines') return linesReader(source)
  if (source.from === 'file') return { line: () => {}, end: () => ({ text: undefined, failure: undefined }) }
  const tail = createTail(characters_max)
  return {
    line: tail.add,
    end: () => {
      const text = tail.text().trim()
      return source.from === 'json' ? readDocument(source, text) : { text: text || undefined, failure: undefined }
    },
  }
}

/** The last lines that together have no more than so many characters. */
export function createTail(characters_max: number): { add(line: string): void; text(): string } {
  const lines: string[] = []
  let characters = 0
  return {
    add(line) {
      const short = line.length > characters_max ? line.slice(-characters_max) : line
      lines.push(short)
      characters += short.length + 1
      let removedLines = 0
      while (characters > characters_max + 1 && removedLines < lines.length - 1)
        characters -= (lines[removedLines++] ?? '').length + 1
      if (removedLines > 0) lines.splice(0, removedLines)
    },
    text: () => lines.join('\n'),
  }
}

type JsonSource = Extract<ResultSource, { readonly from: 'json' | 'json_lines' }>

function linesReader(source: Extract<ResultSource, { readonly from: 'json_lines' }>): ResultReader {
  let text: string | undefined
  let failure: string | undefined
  return {
    line(line) {
      const value = parse(line)
      if (value === undefined) return
      failure ??= failureIn(source, value)
      if (matches(source.where, value)) text = textAt(value, source.text) ?? text
    },
    end: () => ({ text, failure }),
  }
}

function readDocument(source: JsonSource, text: string): Reading {
  const value = parse(text) ?? parse(text.slice(Math.max(0, text.indexOf('{'))))
  if (value === undefined) return { text: undefined, failure: undefined }
  return { text: textAt(value, source.text), failure: failureIn(source, value) }
}

function failureIn({ failed }: JsonSource, value: unknown): string | undefined {
  if (!failed || !matches(failed.where, value)) return undefined
  return (failed.message && textAt(value, failed.message)) || 'the program reported a failure'
}

function matches(where: Readonly<Record<string, unknown>>, value: unknown): boolean {
  return Object.entries(where).every(([field, expectedValue]) => at(value, field) === expectedValue)
}

function textAt(document: unknown, field: string): string | undefined {
  const value = at(document, field)
  if (value === undefined || value === null || value === '') return undefined
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function at(value: unknown, field: string): unknown {
  return field.split('.').reduce<unknown>((inner, key) => {
    if (typeof inner !== 'object' || inner === null || !Object.hasOwn(inner, key)) return undefined
    return Reflect.get(inner, key)
  }, value)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // A program may print lines between those of its protocol.
    return undefined
  }
}
