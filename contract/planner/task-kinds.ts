import { workCreate } from './tasks/task-definitions.ts'

export const plannerTaskKinds = {
  work: { body: workCreate, read: 'tasks:read', write: 'tasks:write' },
} as const
