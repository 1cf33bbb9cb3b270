import { limits } from '@muster/contract/limits'
import { fragment } from '../../platform/db/sql.ts'
import type { Manifest } from '../../platform/module/module.ts'
import type { SearchSource } from '../../platform/module/search-source.ts'
import { approvalsRoutes } from './approvals.routes.ts'
import { type Approvals, type ApprovalsOptions, createApprovals } from './approvals.service.ts'
import { approvalsStore } from './approvals.store.ts'
import { dueApprovalsAttention } from './due-approvals.service.ts'

const search: SearchSource = {
  kind: 'approval',
  by: [],
  rows: fragment`select organization_id, approval_id as id, question as title, null::int as number, project_id, goal_id, status
    from approvals_titles_v`,
}

export function approvalsModule(options: ApprovalsOptions): {
  readonly approvals: Approvals
  readonly manifest: Manifest
} {
  const approvals = createApprovals(options)
  const clampTimes: Manifest['clampTimes'] = (tx) => approvalsStore.clampTimes(tx, limits.approval_revocable_ms_max)
  return {
    approvals,
    manifest: {
      name: 'approvals',
      routes: approvalsRoutes(approvals),
      jobs: approvals.jobs,
      attention: [dueApprovalsAttention],
      search: [search],
      clampTimes,
    },
  }
}
