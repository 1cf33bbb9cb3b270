import { goalOperations } from './goals/goal.operations.ts'
import { planOperations } from './plans/plan.operations.ts'
import { taskOperations } from './tasks/task.operations.ts'

/** The operations of the planner. */
export const plannerOperations = [...goalOperations, ...planOperations, ...taskOperations]
