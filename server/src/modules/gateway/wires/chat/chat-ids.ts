/**
 * Ids of calls as OpenAI's servers take them: at most 40 characters, and each only once in a conversation. Any other id is
 * replaced by the number of its call, so that it is the same in the next request. A result gets the id of its call.
 */
export interface ChatIds {
  call(id: string): string
  result(call_id: string): string
}

const id_characters_max = 40

export function createChatIds(): ChatIds {
  const used = new Set<string>()
  /** By the id of the conversation. */
  const written = new Map<string, { readonly ids: string[]; answers: number }>()
  let count = 0

  function unique(id: string): string {
    if (id !== '' && id.length <= id_characters_max && !used.has(id)) return id
    let candidate = `call_${count}`
    for (let number = 2; used.has(candidate); number++) candidate = `call_${count}_${number}`
    return candidate
  }

  return {
    call(id) {
      count += 1
      const given = unique(id)
      used.add(given)
      const calls = written.get(id)
      if (calls) calls.ids.push(given)
      else written.set(id, { ids: [given], answers: 0 })
      return given
    },
    result(call_id) {
      const calls = written.get(call_id)
      // A result whose call is not in the conversation keeps its id, so that the server can say so.
      return calls?.ids[calls.answers++] ?? calls?.ids.at(-1) ?? call_id
    },
  }
}
