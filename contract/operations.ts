import type { Operation } from './operation.ts'
import { agentOperations } from './operations/agents.ts'
import { approvalOperations } from './operations/approvals.ts'
import { artifactOperations } from './operations/artifacts.ts'
import { budgetOperations } from './operations/budgets.ts'
import { dashboardOperations } from './operations/dashboard.ts'
import { gatewayOperations } from './operations/gateway.ts'
import { healthOperations } from './operations/health.ts'
import { identityOperations } from './operations/identity.ts'
import { judgeOperations } from './operations/judge.ts'
import { plannerOperations } from './operations/planner.ts'
import { projectOperations } from './operations/projects.ts'
import { stateOperations } from './operations/state.ts'
import { workerOperations } from './operations/worker.ts'

/** Every operation by the module that answers it, in the order of the modules; `health` is the platform's. */
export const operationsByModule = {
  identity: identityOperations,
  projects: projectOperations,
  artifacts: artifactOperations,
  state: stateOperations,
  budgets: budgetOperations,
  approvals: approvalOperations,
  gateway: gatewayOperations,
  agents: agentOperations,
  planner: plannerOperations,
  worker: workerOperations,
  judge: judgeOperations,
  dashboard: dashboardOperations,
  health: healthOperations,
} as const satisfies Record<string, readonly Operation[]>

/** Every operation there is. */
export const operations: readonly Operation[] = Object.values(operationsByModule).flat()
