import type { SseEvent } from '../../gateway.types.ts'
import { ProviderFailure } from '../../gateway.types.ts'

/** A line longer than this is nobody's answer. */
const line_characters_max = 16 * 1024 * 1024

/**
 * Server-sent events out of bytes (WHATWG HTML §9.2.6): characters that are split between pieces, lines that end with LF,
 * CR or CRLF, also split between pieces, comments, several `data` lines of one event. An event that the stream breaks off
 * in is none. Throws `ProviderFailure` where the bytes are no UTF-8.
 */
export async function* sseEvents(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<SseEvent> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const lines = createLines()
  let event: string | undefined
  let data: string[] = []
  for await (const piece of bytes) {
    for (const line of lines.push(decodePiece(decoder, piece))) {
      if (line === '') {
        const text = data.join('\n')
        if (text !== '') yield { event, data: text }
        event = undefined
        data = []
        continue
      }
      const [field, value] = fieldOf(line)
      if (field === 'data') data.push(value)
      else if (field === 'event') event = value
    }
  }
  // Some servers end the last event with the end of the stream instead of a blank line.
  for (const line of lines.end()) {
    const [field, value] = fieldOf(line)
    if (field === 'data') data.push(value)
  }
  const text = data.join('\n')
  if (text !== '') yield { event, data: text }
}

function decodePiece(decoder: InstanceType<typeof TextDecoder>, piece: Uint8Array): string {
  try {
    return decoder.decode(piece, { stream: true })
  } catch {
    throw new ProviderFailure('malformed', 'The provider sent invalid UTF-8.')
  }
}

function fieldOf(line: string): readonly [field: string, value: string] {
  const at = line.indexOf(':')
  if (at < 0) return [line, '']
  return [line.slice(0, at), line.slice(line.charAt(at + 1) === ' ' ? at + 2 : at + 1)]
}

/** Whole lines; what is left over waits for more. Each character is looked at once, however small the pieces. */
function createLines() {
  let linePieces: string[] = []
  let length = 0
  let after_return = false
  return {
    *push(text: string): Generator<string> {
      let start = 0
      for (let at = 0; at < text.length; at++) {
        const code = text.charCodeAt(at)
        const follows_return = after_return
        after_return = code === 13
        if (code !== 10 && code !== 13) continue
        if (code === 10 && follows_return) {
          start = at + 1
          continue
        }
        linePieces.push(text.slice(start, at))
        start = at + 1
        yield linePieces.join('')
        linePieces = []
        length = 0
      }
      if (start === text.length) return
      linePieces.push(text.slice(start))
      length += text.length - start
      if (length > line_characters_max)
        throw new ProviderFailure('malformed', 'The provider sent a line that is too long.')
    },
    *end(): Generator<string> {
      if (length > 0) yield linePieces.join('')
    },
  }
}
