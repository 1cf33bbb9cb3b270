/** Puts locked goals, gates and tasks together: pure. */
import type { ScopedTaskRef, TaskState } from '../planner.port.ts'
import type { LockedRow } from '../planner.types.ts'

/** The states of the tasks that exist, in the order they were asked for. */
export function lockedStates(refs: readonly ScopedTaskRef[], rows: readonly LockedRow[]): TaskState[] {
  const rowByRef = new Map(rows.map((row) => [`${row.what} ${row.id}`, row]))
  return refs.flatMap((ref): TaskState[] => {
    const state = rowByRef.get(`state ${ref.task_id}`)
    const gate = rowByRef.get(`gate ${ref.project_id}`)
    const goal = ref.goal_id === null ? undefined : rowByRef.get(`goal ${ref.goal_id}`)
    if (state?.what !== 'state' || gate?.what !== 'gate') return []
    const { organization_id, task_id, project_id, goal_id } = ref
    const { status, attempts, leases_lost, retries, conflicts } = state
    const { stopped, policy_version } = gate
    const counters = { attempts, leases_lost, retries, conflicts }
    return [
      {
        organization_id,
        task_id,
        project_id,
        goal_id,
        goal_status: goal?.what === 'goal' ? goal.status : null,
        status,
        stopped,
        policy_version,
        ...counters,
      },
    ]
  })
}
