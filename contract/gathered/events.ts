// Made from contract/*/events.ts in the order of the modules by `npm run generate`; do not edit.
import { agentsEvents } from '../agents/events.ts'
import { approvalsEvents } from '../approvals/events.ts'
import { artifactsEvents } from '../artifacts/events.ts'
import { budgetsEvents } from '../budgets/events.ts'
import { gatewayEvents } from '../gateway/events.ts'
import { identityEvents } from '../identity/events.ts'
import { judgeEvents } from '../judge/events.ts'
import { plannerEvents } from '../planner/events.ts'
import { platformEvents } from '../platform/events.ts'
import { projectsEvents } from '../projects/events.ts'
import { stateEvents } from '../state/events.ts'
import { workerEvents } from '../worker/events.ts'

export const eventsByModule = {
  identity: identityEvents,
  projects: projectsEvents,
  artifacts: artifactsEvents,
  state: stateEvents,
  budgets: budgetsEvents,
  approvals: approvalsEvents,
  gateway: gatewayEvents,
  agents: agentsEvents,
  planner: plannerEvents,
  worker: workerEvents,
  judge: judgeEvents,
  platform: platformEvents,
} as const
