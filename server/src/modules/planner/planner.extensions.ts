import { extensionPoint } from '../../platform/module/extension-point.ts'
import type { TaskKind } from './planner.port.ts'

/** Kinds of tasks: how each is stopped, how long its work takes, and who tried it last. */
export const taskKinds = extensionPoint<TaskKind>('planner.task_kinds', ({ kind }) => kind)
