// Made from contract/*/operations.ts in the order of the modules by `npm run generate`; do not edit.
import { agentsOperations } from '../agents/operations.ts'
import { approvalsOperations } from '../approvals/operations.ts'
import { artifactsOperations } from '../artifacts/operations.ts'
import { budgetsOperations } from '../budgets/operations.ts'
import { dashboardOperations } from '../dashboard/operations.ts'
import { gatewayOperations } from '../gateway/operations.ts'
import { identityOperations } from '../identity/operations.ts'
import { judgeOperations } from '../judge/operations.ts'
import { plannerOperations } from '../planner/operations.ts'
import { platformOperations } from '../platform/operations.ts'
import { projectsOperations } from '../projects/operations.ts'
import { stateOperations } from '../state/operations.ts'
import { workerOperations } from '../worker/operations.ts'

export const operationsByModule = {
  identity: identityOperations,
  projects: projectsOperations,
  artifacts: artifactsOperations,
  state: stateOperations,
  budgets: budgetsOperations,
  approvals: approvalsOperations,
  gateway: gatewayOperations,
  agents: agentsOperations,
  planner: plannerOperations,
  worker: workerOperations,
  judge: judgeOperations,
  dashboard: dashboardOperations,
  platform: platformOperations,
} as const
