import { extensionPoint } from '../../platform/module/extension-point.ts'
import type { ProjectDays } from './projects.port.ts'

/** What counts by the days of a project. */
export const projectDays = extensionPoint<ProjectDays>('projects.days')
