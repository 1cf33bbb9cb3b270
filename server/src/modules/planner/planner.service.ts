import type { Dispatch } from '../../platform/dispatch/dispatch.ts'
import { type AskDeps, askPeople } from './operations/tasks/ask.ts'
import { expandTasks } from './operations/tasks/expand.ts'
import { giveUp } from './operations/tasks/give-up.ts'
import { resolveInputs } from './operations/tasks/inputs.ts'
import { type SettleDeps, settleTasks } from './operations/tasks/settle.ts'
import type { ClaimedTask, PlannerPort } from './planner.port.ts'
import { lockedStates } from './rules/locked.rules.ts'
import { lineageStore } from './store/lineage.store.ts'
import { plannerStore } from './store/planner.store.ts'

export interface PlannerDeps extends AskDeps {
  readonly dispatch: Dispatch
  readonly bounded: SettleDeps['bounded']
}

/** The planner's port: taking, locking and moving tasks, in the caller's transaction. */
export function createPlanner(deps: PlannerDeps): PlannerPort & { readonly settling: SettleDeps } {
  const settling: SettleDeps = {
    bounded: deps.bounded,
    journal: deps.journal,
    announce: (tx) => deps.dispatch.announce(tx, 'task_queue'),
    expand: (tx, tasks, actor) => expandTasks(settling, tx, { tasks, actor }),
    ask: (tx, tasks, actor) => askPeople(deps, tx, { tasks, actor }),
    withdraw: (tx, tasks, reason) => deps.approvals.withdraw(tx, tasks, reason),
  }

  return {
    settling,
    async take(tx, refs, fair) {
      const takenTasks = await plannerStore.take(tx, refs)
      if (fair && takenTasks.length > 0) await plannerStore.served(tx, projectsOf(takenTasks))
      return takenTasks.some((task) => task.spec.refers) ? resolveInputs(tx, takenTasks) : takenTasks
    },
    giveUp: (tx, ref, reason) => giveUp(settling, tx, { ref, reason }),
    tasks: (tx, refs) => plannerStore.tasks(tx, refs),
    async taskAt(tx, ref, at) {
      const [task] = await plannerStore.tasks(tx, [ref])
      if (!task) return undefined
      const [resolvedTask] = task.spec.refers ? await resolveInputs(tx, [task], 'own_revision') : [task]
      return { ...(resolvedTask ?? task), feedback: await plannerStore.feedback(tx, ref, at) }
    },
    statedBy: (tx, of) => lineageStore.statedBy(tx, of),
    states: (tx, refs) => plannerStore.statuses(tx, refs),
    ancestors: async (tx, ref) => new Set(await plannerStore.ancestors(tx, ref)),
    lock: async (tx, refs) => lockedStates(refs, await plannerStore.lock(tx, refs)),
    settle: (tx, outcomes) => settleTasks(settling, tx, outcomes),
  }
}

function projectsOf(tasks: readonly ClaimedTask[]): { organization_id: string; project_id: string }[] {
  return [...new Map(tasks.map((task) => [`${task.organization_id} ${task.project_id}`, task])).values()]
}
