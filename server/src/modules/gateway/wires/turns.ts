/** What several writers make of the turns of a conversation in the same way. */
import type { Part, Turn } from './conversation.ts'

/** Turns of one role that follow each other become one, unless they have different names. */
export function joinNeighbours(turns: readonly Turn[]): readonly Turn[] {
  const joined: { readonly turn: Turn; readonly parts: Part[] }[] = []
  for (const turn of turns) {
    const last = joined.at(-1)
    if (last && last.turn.role === turn.role && last.turn.name === turn.name)
      for (const part of turn.parts) last.parts.push(part)
    else joined.push({ turn, parts: [...turn.parts] })
  }
  return joined.map(({ turn, parts }) => ({ ...turn, parts }))
}

/**
 * For wires without names of speakers: a user's name stands in front of their words, as `alice: Hello`. An assistant's name
 * is left out, since the model would begin its own answers with one.
 */
export function withNamesInText(turns: readonly Turn[]): readonly Turn[] {
  return turns.map(({ name, ...turn }) =>
    name === undefined || turn.role !== 'user' ? turn : { ...turn, parts: namedParts(turn.parts, name) },
  )
}

function namedParts(parts: readonly Part[], name: string): readonly Part[] {
  const first = parts.findIndex(({ type }) => type === 'text')
  // What is only shown or played has a speaker too.
  if (first < 0) return parts.length > 0 ? [{ type: 'text', text: `${name}:` }, ...parts] : parts
  return parts.map((part, at) =>
    at === first && part.type === 'text' ? { ...part, text: `${name}: ${part.text}` } : part,
  )
}
