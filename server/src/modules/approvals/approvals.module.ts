import { limits } from '@muster/contract/limits'
import type { Manifest } from '../../platform/module.ts'
import { approvalRoutes } from './approvals.routes.ts'
import { type Approvals, type ApprovalsOptions, createApprovals } from './approvals.service.ts'
import { approvalsStore } from './approvals.store.ts'

export function approvalsModule(options: ApprovalsOptions): {
  readonly approvals: Approvals
  readonly manifest: Manifest
} {
  const approvals = createApprovals(options)
  const clampTimes: Manifest['clampTimes'] = (tx) => approvalsStore.clampTimes(tx, limits.approval_revocable_ms_max)
  return {
    approvals,
    manifest: { name: 'approvals', routes: approvalRoutes(approvals), jobs: approvals.jobs, clampTimes },
  }
}
