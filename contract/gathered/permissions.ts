// Made from contract/*/permissions.ts in the order of the modules by `npm run generate`; do not edit.
import { agentsPermissions } from '../agents/permissions.ts'
import { approvalsPermissions } from '../approvals/permissions.ts'
import { artifactsPermissions } from '../artifacts/permissions.ts'
import { budgetsPermissions } from '../budgets/permissions.ts'
import { gatewayPermissions } from '../gateway/permissions.ts'
import { identityPermissions } from '../identity/permissions.ts'
import { judgePermissions } from '../judge/permissions.ts'
import { plannerPermissions } from '../planner/permissions.ts'
import { platformPermissions } from '../platform/permissions.ts'
import { projectsPermissions } from '../projects/permissions.ts'
import { statePermissions } from '../state/permissions.ts'
import { workerPermissions } from '../worker/permissions.ts'

export const permissionsByModule = {
  identity: identityPermissions,
  projects: projectsPermissions,
  artifacts: artifactsPermissions,
  state: statePermissions,
  budgets: budgetsPermissions,
  approvals: approvalsPermissions,
  gateway: gatewayPermissions,
  agents: agentsPermissions,
  planner: plannerPermissions,
  worker: workerPermissions,
  judge: judgePermissions,
  platform: platformPermissions,
} as const
