// Made from contract/*/task-kinds.ts in the order of the modules by `npm run generate`; do not edit.
import { plannerTaskKinds } from '../planner/task-kinds.ts'

export const taskKindsByModule = {
  planner: plannerTaskKinds,
} as const
