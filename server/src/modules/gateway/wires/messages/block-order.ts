/**
 * Puts the events of an answer in the order of this wire, whose clients know one open block at a time: a block begins when
 * the one before it has stopped. What comes for later blocks waits. A call whose arguments are complete stops as soon as
 * another block begins.
 */
import type { AnswerEvent } from '../conversation.ts'

export interface BlockOrder {
  /** The events that can be written now. */
  add(event: AnswerEvent): readonly AnswerEvent[]
}

export function createBlockOrder(): BlockOrder {
  /** By their parts, in the order in which these begin. */
  const waiting = new Map<number, AnswerEvent[]>()
  const stopped = new Set<number>()
  let open: OpenBlock | undefined

  function pass(event: AnswerEvent): AnswerEvent {
    if (event.type === 'part_start') open = openBlock(event)
    else if (event.type === 'delta') open?.args?.add(event.text)
    else if (event.type === 'part_end') stop(event.index)
    return event
  }

  function stop(index: number): void {
    stopped.add(index)
    open = undefined
  }

  function nextBlocks(): readonly AnswerEvent[] {
    const events: AnswerEvent[] = []
    for (const [index, held] of waiting) {
      if (open && !open.args?.isComplete()) break
      if (open) events.push(pass({ type: 'part_end', index: open.index }))
      waiting.delete(index)
      for (const event of held) events.push(pass(event))
    }
    return events
  }

  return {
    add(event) {
      if (!('index' in event)) return [event]
      const { index, type } = event
      // What a stopped call still gets is white space and its end.
      if (stopped.has(index)) return []
      if (type === 'part_start' && open) waiting.set(index, [event])
      else if (type === 'part_start' || index === open?.index) return [pass(event), ...nextBlocks()]
      else waiting.get(index)?.push(event)
      return nextBlocks()
    },
  }
}

interface OpenBlock {
  readonly index: number
  /** Of a call whose arguments are JSON. */
  readonly args?: ArgumentsEnd
}

function openBlock({ index, part }: Extract<AnswerEvent, { type: 'part_start' }>): OpenBlock {
  return part.type === 'tool_call' && !part.is_custom ? { index, args: createArgumentsEnd() } : { index }
}

interface ArgumentsEnd {
  add(text: string): void
  isComplete(): boolean
}

/** Finds the end of a JSON object in its pieces; each character is looked at once. */
function createArgumentsEnd(): ArgumentsEnd {
  let depth = 0
  let hasBegun = false
  let isString = false
  let isEscaped = false
  function addCharacter(character: string): void {
    if (isEscaped) isEscaped = false
    else if (isString) {
      isEscaped = character === '\\'
      isString = character !== '"'
    } else if (character === '"') isString = true
    else if (character === '{' || character === '[') depth += 1
    else if (character === '}' || character === ']') depth -= 1
    hasBegun ||= depth > 0
  }
  return {
    add(text) {
      for (const character of text) addCharacter(character)
    },
    isComplete: () => hasBegun && depth === 0,
  }
}
