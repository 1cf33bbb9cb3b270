import type { CreateDeps } from '../operations/goals/create-goal.ts'
import type { SteerDeps } from '../operations/goals/steer-goal.ts'
import { createWork } from '../operations/tasks/create-work.ts'
import { endTask } from '../operations/tasks/end-task.ts'
import { retryTask } from '../operations/tasks/retry.ts'
import { presentTask } from '../rules/present.rules.ts'
import type { PerformVerb, TaskKind } from '../task-kinds.port.ts'

/** Tasks of the kind `work`: what agents do. Those of plans are of this kind too. */
export function workKind(deps: CreateDeps & SteerDeps): TaskKind<'work'> {
  const end =
    (to: 'cancelled' | 'skipped'): PerformVerb =>
    async (tx, act) => {
      await endTask(deps, tx, { ...act, to })
      return act.task_id
    }
  return {
    kind: 'work',
    create: (tx, request) => createWork(deps, tx, request),
    present: presentTask,
    verbs: {
      cancel: end('cancelled'),
      skip: end('skipped'),
      retry: (tx, act) => retryTask(deps, tx, act),
    },
  }
}
