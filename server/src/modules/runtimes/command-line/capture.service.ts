import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Readable } from 'node:stream'
import type { CommandLineLimits } from './limits.rules.ts'
import { createTail, type ResultReader } from './result.rules.ts'
import { shorten } from './text.rules.ts'

export interface Capture {
  readonly limits: CommandLineLimits
  readonly transcript_path: string
  readonly reader: ResultReader
  clean(line: string): string
  log(level: 'info' | 'warn', text: string): void
  /** Called once, when the outputs together are past their limit. */
  onOverflow(): void
  /** Called with every piece of output. */
  onOutput(): void
}

export interface OutputCapture {
  /** Reads a stream to its end. */
  take(stream: Readable, level: 'info' | 'warn'): void
  /** Handles a last line without a line break, and closes the transcript. */
  end(): { readonly tail: string }
}

/**
 * Captures a program's output: decoded as UTF-8 with replacement characters, split into lines, cleaned, and passed to
 * the transcript, the log and the result reader, each within its own limit. Past the limit of output nothing is kept,
 * while the streams are still read, so that a program that is being killed is not held up by a full pipe.
 */
export function startCapture(capture: Capture): OutputCapture {
  const { limits, clean, reader } = capture
  const transcript = openTranscript(capture.transcript_path, limits.transcript_bytes_max)
  const log = createThrottledLog(capture)
  const tail = createTail(limits.transcript_tail_characters_max)
  const rests: (() => void)[] = []
  let bytes = 0
  let lineCount = 0
  let is_over = false
  const line = (level: 'info' | 'warn', raw: string): void => {
    lineCount += 1
    if (lineCount > limits.output_lines_max) return
    const text = clean(raw.endsWith('\r') ? raw.slice(0, -1) : raw)
    if (level === 'info') reader.line(text)
    const markedText = level === 'info' ? text : `! ${text}`
    transcript.write(markedText)
    tail.add(shorten(markedText, limits.transcript_tail_characters_max))
    if (text.trim() !== '') log.line(level, shorten(text, limits.log_line_characters_max))
  }
  return {
    take(stream, level) {
      const lines = createLines((text) => line(level, text))
      rests.push(lines.end)
      stream.on('data', (chunk: Buffer) => {
        capture.onOutput()
        const room = limits.output_bytes_max - bytes
        bytes += chunk.length
        if (room > 0 && lineCount <= limits.output_lines_max) lines.add(chunk.subarray(0, room))
        transcript.flush()
        const isPastLimit = bytes > limits.output_bytes_max || lineCount > limits.output_lines_max
        if (isPastLimit && !is_over) capture.onOverflow()
        is_over ||= isPastLimit
      })
      // A broken pipe has ended; the program's own end says why.
      stream.on('error', () => {})
    },
    end() {
      for (const rest of rests) rest()
      log.end()
      transcript.close()
      return { tail: tail.text() }
    },
  }
}

function createLines(onLine: (text: string) => void): { add(chunk: Uint8Array): void; end(): void } {
  const decoder = new TextDecoder('utf-8')
  // Pieces are joined once a line is whole: a line of megabytes in small chunks would be copied over and over.
  let pieces: string[] = []
  const add = (text: string): void => {
    const [first = '', ...more] = text.split('\n')
    pieces.push(first)
    for (const next of more) {
      onLine(pieces.join(''))
      pieces = [next]
    }
  }
  return {
    add: (chunk) => add(decoder.decode(chunk, { stream: true })),
    end() {
      add(decoder.decode())
      if (pieces.some((piece) => piece !== '')) onLine(pieces.join(''))
      pieces = []
    },
  }
}

function openTranscript(path: string, bytes_max: number): Transcript {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const descriptor = openSync(path, 'w', 0o600)
  let room = bytes_max
  let unwrittenLines: string[] = []
  return {
    write(line) {
      if (room <= 0) return
      room -= Buffer.byteLength(line) + 1
      unwrittenLines.push(room >= 0 ? line : '… (the transcript ends here)')
    },
    // Once for every piece of output, not for every line of it.
    flush() {
      if (unwrittenLines.length > 0) writeSync(descriptor, `${unwrittenLines.join('\n')}\n`)
      unwrittenLines = []
    },
    close() {
      this.flush()
      closeSync(descriptor)
    },
  }
}

interface Transcript {
  write(line: string): void
  flush(): void
  close(): void
}

/** At most so many lines a second; the number of dropped lines is logged with the next line, and at the end. */
function createThrottledLog({ limits, log }: Capture): {
  line(level: 'info' | 'warn', text: string): void
  end(): void
} {
  let second = 0
  let linesThisSecond = 0
  let left_out = 0
  const tell = (): void => {
    if (left_out > 0) log('warn', `${left_out} lines are not shown here; see the transcript.`)
    left_out = 0
  }
  return {
    line(level, text) {
      const now = Math.floor(performance.now() / 1000)
      if (now !== second) linesThisSecond = 0
      second = now
      linesThisSecond += 1
      if (linesThisSecond > limits.log_lines_per_s_max) {
        left_out += 1
        return
      }
      tell()
      log(level, text)
    },
    end: tell,
  }
}
