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
