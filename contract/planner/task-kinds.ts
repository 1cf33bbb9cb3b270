import { workCreate } from './tasks/task-definitions.ts'

/** The kinds of tasks that the planner has. */
export const plannerTaskKinds = {
  work: { body: workCreate, read: 'tasks:read', write: 'tasks:write' },
} as const
