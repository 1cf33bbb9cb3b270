import { z } from 'zod'
import { operation } from '../operation.ts'
import { stop, stopRaise } from '../projects/stops.ts'
import { agentRef } from '../values.ts'
import { agent, agentChange, agentCreate, agentList, agentQuery } from './agents.ts'
import { persona, personaGiven, personaList, personaQuery, personaRollback, personaTemplateList } from './personas.ts'

const params = z.strictObject({ id: agentRef })

export const listAgents = operation({
  id: 'agents.list',
  method: 'GET',
  path: '/api/v1/agents',
  permission: 'agents:read',
  audit: false,
  summary: 'Lists agents with their presence and what they do just now, newest first unless sorted otherwise.',
  query: agentQuery,
  response: agentList,
})

export const createAgent = operation({
  id: 'agents.create',
  method: 'POST',
  path: '/api/v1/agents',
  permission: 'agents:write',
  audit: true,
  summary: 'Makes an agent. A remote one then needs a key of its own.',
  body: agentCreate,
  response: agent,
  status: 201,
})

export const getAgent = operation({
  id: 'agents.get',
  method: 'GET',
  path: '/api/v1/agents/{id}',
  permission: 'agents:read',
  audit: false,
  summary: 'Gives one agent, by id or name.',
  params,
  response: agent,
})

export const changeAgent = operation({
  id: 'agents.change',
  method: 'PATCH',
  path: '/api/v1/agents/{id}',
  permission: 'agents:write',
  audit: true,
  summary: 'Changes an agent.',
  params,
  body: agentChange,
  response: agent,
})

export const retireAgent = operation({
  id: 'agents.retire',
  method: 'DELETE',
  path: '/api/v1/agents/{id}',
  permission: 'agents:write',
  audit: true,
  summary: 'Retires an agent for good; its history stays.',
  params,
  response: agent,
})

export const pauseAgent = operation({
  id: 'agents.pause',
  method: 'POST',
  path: '/api/v1/agents/{id}/pause',
  permission: 'agents:write',
  audit: true,
  summary: 'Pauses an agent: it claims nothing new, what it runs ends and commits.',
  params,
  response: agent,
})

export const resumeAgent = operation({
  id: 'agents.resume',
  method: 'POST',
  path: '/api/v1/agents/{id}/resume',
  permission: 'agents:write',
  audit: true,
  summary: 'Resumes a paused agent.',
  params,
  response: agent,
})

export const stopAgent = operation({
  id: 'agents.stop',
  method: 'POST',
  path: '/api/v1/agents/{id}/stop',
  permission: 'fleet:stop',
  audit: true,
  summary: 'Raises an emergency stop over an agent.',
  params,
  body: stopRaise,
  response: stop,
})

export const liftAgentStop = operation({
  id: 'agents.stop.lift',
  method: 'DELETE',
  path: '/api/v1/agents/{id}/stop',
  permission: 'fleet:stop',
  audit: true,
  summary: 'Lifts the emergency stop of an agent.',
  params,
  response: stop,
})

export const getPersona = operation({
  id: 'agents.persona',
  method: 'GET',
  path: '/api/v1/agents/{id}/persona',
  permission: 'agents:read',
  audit: false,
  summary: 'Gives the persona of an agent as it is in force.',
  params,
  response: persona,
})

export const putPersona = operation({
  id: 'agents.persona.put',
  method: 'PUT',
  path: '/api/v1/agents/{id}/persona',
  permission: 'agents:write',
  audit: true,
  summary:
    'Gives an agent a persona: a new version, which its next run works under. The same text again changes nothing.',
  params,
  body: personaGiven,
  response: persona,
})

export const listPersonas = operation({
  id: 'agents.persona.versions',
  method: 'GET',
  path: '/api/v1/agents/{id}/persona/versions',
  permission: 'agents:read',
  audit: false,
  summary: 'Lists the versions of an agent’s persona, newest first.',
  params,
  query: personaQuery,
  response: personaList,
})

export const rollBackPersona = operation({
  id: 'agents.persona.rollback',
  method: 'POST',
  path: '/api/v1/agents/{id}/persona/rollback',
  permission: 'agents:write',
  audit: true,
  summary: 'Makes an earlier version the persona again, as a new version.',
  params,
  body: personaRollback,
  response: persona,
})

export const listPersonaTemplates = operation({
  id: 'agents.persona.templates',
  method: 'GET',
  path: '/api/v1/persona/templates',
  permission: 'agents:read',
  audit: false,
  summary: 'Lists the personas that come with Muster.',
  response: personaTemplateList,
})

/** The operations of agents. */
export const agentsOperations = [
  listAgents,
  getPersona,
  putPersona,
  listPersonas,
  rollBackPersona,
  listPersonaTemplates,
  createAgent,
  getAgent,
  changeAgent,
  retireAgent,
  pauseAgent,
  resumeAgent,
  stopAgent,
  liftAgentStop,
]
