/** One event of a stream: its id, its name (`message` where none is given) and its data. */
export interface ServerSentEvent {
  readonly id: string | null
  readonly name: string
  readonly data: string
}

/** Longest line and longest event that are read; a server that sends more is not one of ours. */
export const sse_event_characters_max = 4_000_000

/**
 * Reads server-sent events (WHATWG HTML, 9.2) from the pieces of a text, wherever those are cut. Comments are skipped, a
 * block with an id and no data is given with empty data, since it moves the cursor.
 */
export function createSseParser(): { push(piece: string): ServerSentEvent[] } {
  let rest = ''
  let block: Block = emptyBlock()
  return {
    push(piece) {
      const events: ServerSentEvent[] = []
      const lines = (rest + piece).split('\n')
      rest = lines.pop() ?? ''
      if (rest.length + block.size > sse_event_characters_max) throw new Error('an event of the stream is too large')
      for (const line of lines) {
        if (line !== '' && line !== '\r') readLine(line.endsWith('\r') ? line.slice(0, -1) : line, block)
        else {
          if (block.data.length > 0 || block.id !== null) events.push(toEvent(block))
          block = emptyBlock()
        }
      }
      return events
    },
  }
}

interface Block {
  id: string | null
  name: string
  data: string[]
  size: number
}

const emptyBlock = (): Block => ({ id: null, name: 'message', data: [], size: 0 })

const toEvent = (block: Block): ServerSentEvent => ({ id: block.id, name: block.name, data: block.data.join('\n') })

function readLine(line: string, block: Block): void {
  const colon = line.indexOf(':')
  if (colon === 0) return
  const field = colon < 0 ? line : line.slice(0, colon)
  const after = colon < 0 ? '' : line.slice(colon + 1)
  const value = after.startsWith(' ') ? after.slice(1) : after
  block.size += value.length
  if (field === 'data') block.data.push(value)
  else if (field === 'event') block.name = value
  else if (field === 'id') block.id = value
}
