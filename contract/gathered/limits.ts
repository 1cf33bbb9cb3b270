// Made from contract/*/limits.ts in the order of the modules by `npm run generate`; do not edit.
import { agentsLimits } from '../agents/limits.ts'
import { approvalsLimits } from '../approvals/limits.ts'
import { artifactsLimits } from '../artifacts/limits.ts'
import { dashboardLimits } from '../dashboard/limits.ts'
import { gatewayLimits } from '../gateway/limits.ts'
import { identityLimits } from '../identity/limits.ts'
import { judgeLimits } from '../judge/limits.ts'
import { plannerLimits } from '../planner/limits.ts'
import { platformLimits } from '../platform/limits.ts'
import { projectsLimits } from '../projects/limits.ts'
import { runtimesLimits } from '../runtimes/limits.ts'
import { stateLimits } from '../state/limits.ts'
import { toolsLimits } from '../tools/limits.ts'
import { workerLimits } from '../worker/limits.ts'

export const limitsByModule = {
  identity: identityLimits,
  projects: projectsLimits,
  artifacts: artifactsLimits,
  state: stateLimits,
  approvals: approvalsLimits,
  gateway: gatewayLimits,
  tools: toolsLimits,
  agents: agentsLimits,
  planner: plannerLimits,
  runtimes: runtimesLimits,
  worker: workerLimits,
  judge: judgeLimits,
  dashboard: dashboardLimits,
  platform: platformLimits,
} as const
