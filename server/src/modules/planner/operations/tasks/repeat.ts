import { limits } from '@muster/contract/limits'
import { referencesIn } from '@muster/contract/planner/plans/references'
import { cutText } from '@muster/contract/texts/graphemes'
import type { Tx } from '../../../../platform/db/db.ts'
import { MusterError } from '../../../../platform/errors.ts'
import { condition } from '../../evaluation/evaluations.ts'
import type { DoneTask, EndedTask } from '../../planner.port.ts'
import { roundInput, roundsSpent } from '../../rules/repeat.rules.ts'
import { expansionStore } from '../../store/expansion.store.ts'
import { doneWith, type Expansion, failedBy, growChildren } from './children.ts'
import type { SettleDeps } from './settle.ts'

/**
 * Starts a `repeat`: rounds of one task, one after the other (`key[0]`, `key[1]`, …), each judged and committed like
 * any task, until the condition holds for a round's output, which becomes the task's own. After too many rounds the
 * task fails.
 */
export function firstRound(deps: SettleDeps, tx: Tx, expansion: Expansion): Promise<void> {
  return growRound(deps, tx, { ...expansion, round: 0 })
}

/** After a round: ends the task, or makes the next round. */
export async function afterRound(
  deps: SettleDeps,
  tx: Tx,
  expansion: Expansion,
): Promise<DoneTask | EndedTask | undefined> {
  const { task } = expansion
  const { repeat } = task.spec
  const rounds = await expansionStore.children(tx, task)
  const last = rounds.at(-1)
  if (repeat === undefined || last === undefined) return failedBy(expansion, 'repeat: no rounds ran')
  const answer = answerOf(deps, { until: repeat.until, output: last.output })
  if ('problem' in answer) return failedBy(expansion, `repeat: ${answer.problem}`)
  if (answer.holds) return doneWith(expansion, last.output)
  if (roundsSpent(rounds, task.revision) >= repeat.max)
    return failedBy(expansion, `repeat_exhausted: ${repeat.until} did not hold after ${repeat.max} rounds`)
  await growRound(deps, tx, { ...expansion, round: rounds.length })
  return undefined
}

/** A condition that takes too long fails its task; otherwise it would be tried again for ever. */
function answerOf(
  { bounded }: Pick<SettleDeps, 'bounded'>,
  input: { readonly until: string; readonly output: string },
) {
  try {
    return bounded.inTransaction(condition, input)
  } catch (error) {
    if (error instanceof MusterError && error.code === 'too_costly') return { problem: error.message }
    throw error
  }
}

async function growRound(
  deps: SettleDeps,
  tx: Tx,
  { task, actor, round }: Expansion & { readonly round: number },
): Promise<void> {
  const { repeat: _, refers: __, ...spec } = task.spec
  const input = roundInput(task.input, { key: task.key, round })
  const child = {
    index: round,
    title: cutText(`${task.title}: round ${round + 1}`, limits.name_characters_max),
    input: JSON.stringify(input),
    spec: JSON.stringify({ ...spec, ...(referencesIn(input).length > 0 && { refers: true }) }),
  }
  await growChildren(deps, tx, { task, actor, children: [child] })
}
