import { agentsLimits } from './agents/limits.ts'
import { approvalsLimits } from './approvals/limits.ts'
import { artifactsLimits } from './artifacts/limits.ts'
import { dashboardLimits } from './dashboard/limits.ts'
import { gatewayLimits } from './gateway/limits.ts'
import { identityLimits } from './identity/limits.ts'
import { judgeLimits } from './judge/limits.ts'
import { merge } from './merge.ts'
import { plannerLimits } from './planner/limits.ts'
import { platformLimits } from './platform/limits.ts'
import { projectsLimits } from './projects/limits.ts'
import { stateLimits } from './state/limits.ts'
import { toolsLimits } from './tools/limits.ts'
import { workerLimits } from './worker/limits.ts'

/** In the order of the modules; what belongs to none comes last. */
export const limitsByModule = {
  identity: identityLimits,
  projects: projectsLimits,
  artifacts: artifactsLimits,
  state: stateLimits,
  approvals: approvalsLimits,
  gateway: gatewayLimits,
  agents: agentsLimits,
  tools: toolsLimits,
  planner: plannerLimits,
  worker: workerLimits,
  judge: judgeLimits,
  dashboard: dashboardLimits,
  platform: platformLimits,
} as const

/** Every limit and default of the product, with its unit last in the name. Settings and policies may lower some of them. */
export const limits = merge(limitsByModule)
