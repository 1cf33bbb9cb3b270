import {
  changeAgent,
  createAgent,
  getAgent,
  liftAgentStop,
  pauseAgent,
  resumeAgent,
  retireAgent,
  stopAgent,
} from '@muster/contract/operations/agents'
import { type Route, route } from '../../platform/http/route.ts'
import type { Agents } from './agents.service.ts'

export function agentRoutes(agents: Agents): readonly Route[] {
  return [
    route(createAgent, ({ caller, body }) => agents.create(caller, body)),
    route(getAgent, ({ caller, params }) => agents.get(caller, params.id)),
    route(changeAgent, ({ caller, params, body }) => agents.change(caller, params.id, body)),
    route(retireAgent, ({ caller, params }) => agents.retire(caller, params.id)),
    route(pauseAgent, ({ caller, params }) => agents.pause(caller, params.id)),
    route(resumeAgent, ({ caller, params }) => agents.resume(caller, params.id)),
    route(stopAgent, ({ caller, params, body }) => agents.stop(caller, params.id, body.reason)),
    route(liftAgentStop, ({ caller, params }) => agents.liftStop(caller, params.id)),
  ]
}
