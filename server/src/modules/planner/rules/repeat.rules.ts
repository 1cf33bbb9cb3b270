/** The rounds of a task with `repeat`: pure. */
import { parseReference, resolveReferences } from '@muster/contract/planner/plans/references'

/** The word that refers to the previous round inside `repeat`. */
export const previous_word = 'previous'

/**
 * The input of one round. A reference to `previous.output` becomes one to the previous round by its key
 * (`fix[1].output`); in the first round it becomes null.
 */
export function roundInput(input: unknown, { key, round }: { readonly key: string; readonly round: number }): unknown {
  return resolveReferences(input, (text) => {
    if (parseReference(text)?.key !== previous_word) return { $from: text }
    return round === 0 ? null : { $from: `${key}[${round - 1}]${text.slice(previous_word.length)}` }
  })
}

/** How many of the rounds count: after a person's retry of one of them, those from it on. */
export function roundsSpent(rounds: readonly { readonly revision: number }[], revision: number): number {
  return rounds.filter((round) => round.revision >= revision).length
}
