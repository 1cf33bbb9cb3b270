import { extensionPoint } from '../../platform/extension-point.ts'
import type { ApprovalSubject, Titles } from './approvals.port.ts'

/** What can be approved. */
export const subjects = extensionPoint<ApprovalSubject>('approvals.subjects')

/** How tasks and goals are called, for lists of questions. */
export const titles = extensionPoint<Titles>('approvals.titles')
