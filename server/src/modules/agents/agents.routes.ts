import {
  changeAgent,
  createAgent,
  getAgent,
  getPersona,
  liftAgentStop,
  listAgents,
  listPersonas,
  listPersonaTemplates,
  pauseAgent,
  putPersona,
  resumeAgent,
  retireAgent,
  rollBackPersona,
  stopAgent,
} from '@muster/contract/agents/operations'
import { type Route, route } from '../../platform/http/route.ts'
import type { Agents } from './agents.service.ts'
import type { createAgentsList } from './operations/list-agents.ts'
import type { Personas } from './personas.service.ts'

export interface AgentServices {
  readonly agents: Agents
  readonly personas: Personas
  readonly list: ReturnType<typeof createAgentsList>
}

export function agentsRoutes({ agents, personas, list }: AgentServices): readonly Route[] {
  return [
    route(listAgents, ({ caller, query }) => list(caller, query)),
    route(createAgent, ({ caller, body }) => agents.create(caller, body)),
    route(getAgent, ({ caller, params }) => agents.get(caller, params.id)),
    route(changeAgent, ({ caller, params, body }) => agents.change(caller, params.id, body)),
    route(retireAgent, ({ caller, params }) => agents.retire(caller, params.id)),
    route(pauseAgent, ({ caller, params }) => agents.pause(caller, params.id)),
    route(resumeAgent, ({ caller, params }) => agents.resume(caller, params.id)),
    route(stopAgent, ({ caller, params, body }) => agents.stop(caller, params.id, body.reason)),
    route(liftAgentStop, ({ caller, params }) => agents.liftStop(caller, params.id)),
    route(getPersona, ({ caller, params }) => personas.get(caller, params.id)),
    route(putPersona, ({ caller, params, body }) => personas.put(caller, params.id, body)),
    route(listPersonas, ({ caller, params, query }) => personas.list(caller, params.id, query)),
    route(rollBackPersona, ({ caller, params, body }) => personas.rollBack(caller, params.id, body.version)),
    route(listPersonaTemplates, () => personas.templates()),
  ]
}
