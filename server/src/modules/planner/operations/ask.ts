import type { Tx } from '../../../platform/db/db.ts'
import type { Actor } from '../../../platform/journal/events.ts'
import type { Consequence } from '../planner.store.ts'

/** Who can put questions to people and pause goals: given by the composition root once approvals exist. */
export interface AskParts {
  ask(tx: Tx, tasks: readonly Consequence[], actor: Actor): Promise<void>
}

export function askPeople(parts: AskParts, tx: Tx, tasks: readonly Consequence[], actor: Actor): Promise<void> {
  return parts.ask(tx, tasks, actor)
}
