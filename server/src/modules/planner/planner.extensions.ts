import { extensionPoint } from '../../platform/module/extension-point.ts'
import type { TaskKindPart } from './task-kinds.port.ts'

/** Kinds of tasks: how work is done, and kinds that other modules have. */
export const taskKinds = extensionPoint<TaskKindPart>('planner.task_kinds', ({ kind }) => kind)
