import { goalOperations } from './goal.operations.ts'
import { planOperations } from './plan.operations.ts'
import { taskOperations } from './task.operations.ts'

export const plannerOperations = [...goalOperations, ...planOperations, ...taskOperations]
