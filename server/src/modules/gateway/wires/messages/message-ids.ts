/**
 * Ids of calls as Anthropic's servers take them: letters, digits, `_` and `-`, and each only once in a conversation. A
 * result gets the id of the call that it answers.
 */
export interface MessageIds {
  call(id: string): string
  result(call_id: string): string
}

const id_characters_max = 64

export const isMessageId = (id: unknown): boolean => typeof id === 'string' && /^[a-zA-Z0-9_-]+$/.test(id)

export function createMessageIds(): MessageIds {
  const used = new Set<string>()
  /** By the id of the conversation: the ids that were given for it and have no result yet. */
  const open = new Map<string, string[]>()
  const latest = new Map<string, string>()
  /** By the beginning that ids share: the latest number behind it. */
  const numbers = new Map<string, number>()

  function unique(id: string): string {
    const base = id.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, id_characters_max) || 'call'
    const beginning = base.slice(0, id_characters_max - 8)
    let candidate = base
    while (used.has(candidate)) {
      const number = (numbers.get(beginning) ?? 1) + 1
      numbers.set(beginning, number)
      candidate = `${beginning}_${number}`
    }
    used.add(candidate)
    return candidate
  }

  return {
    call(id) {
      const given = unique(id)
      const waiting = open.get(id)
      if (waiting) waiting.push(given)
      else open.set(id, [given])
      latest.set(id, given)
      return given
    },
    result(call_id) {
      const answered = open.get(call_id)?.shift() ?? latest.get(call_id)
      // A result whose call is not in the conversation keeps its id, so that the server can say so.
      return answered ?? call_id.replace(/[^a-zA-Z0-9_-]/g, '_')
    },
  }
}
