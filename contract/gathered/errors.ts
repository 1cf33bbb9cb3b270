// Made from contract/*/errors.ts in the order of the modules by `npm run generate`; do not edit.
import { agentsErrors } from '../agents/errors.ts'
import { approvalsErrors } from '../approvals/errors.ts'
import { artifactsErrors } from '../artifacts/errors.ts'
import { budgetsErrors } from '../budgets/errors.ts'
import { gatewayErrors } from '../gateway/errors.ts'
import { identityErrors } from '../identity/errors.ts'
import { plannerErrors } from '../planner/errors.ts'
import { platformErrors } from '../platform/errors.ts'
import { projectsErrors } from '../projects/errors.ts'
import { stateErrors } from '../state/errors.ts'
import { workerErrors } from '../worker/errors.ts'

export const errorsByModule = {
  identity: identityErrors,
  projects: projectsErrors,
  artifacts: artifactsErrors,
  state: stateErrors,
  budgets: budgetsErrors,
  approvals: approvalsErrors,
  gateway: gatewayErrors,
  agents: agentsErrors,
  planner: plannerErrors,
  worker: workerErrors,
  platform: platformErrors,
} as const
