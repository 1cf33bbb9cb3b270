import { extensionPoint } from '../../platform/extension-point.ts'
import type { TaskKind } from './planner.port.ts'

/** Kinds of tasks: how each is stopped, and how long its work takes. */
export const taskKinds = extensionPoint<TaskKind>('planner.task_kinds')
