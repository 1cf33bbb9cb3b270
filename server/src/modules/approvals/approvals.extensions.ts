import { extensionPoint } from '../../platform/module/extension-point.ts'
import type { ApprovalSubject } from './approvals.port.ts'

/** What can be approved. */
export const subjects = extensionPoint<ApprovalSubject>('approvals.subjects', ({ kind }) => kind)
