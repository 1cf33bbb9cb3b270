import type { Manifest } from '../../platform/module.ts'
import { agentRoutes } from './agents.routes.ts'
import { type Agents, type AgentsOptions, createAgents } from './agents.service.ts'
import { agentsStore } from './agents.store.ts'
import { createPersonas, type PersonasOptions } from './personas.service.ts'

const presence_every_ms = 15_000

export function agentsModule(options: Omit<AgentsOptions, 'personas'> & PersonasOptions): {
  readonly agents: Agents
  readonly manifest: Manifest
} {
  const personas = createPersonas(options)
  const agents = createAgents({ ...options, personas })
  const jobs = [
    { name: 'agents.presence', every_ms: presence_every_ms, dueIn: agentsStore.goneIn, run: agents.markGone },
  ]
  return {
    agents,
    manifest: { name: 'agents', routes: agentRoutes(agents, personas), jobs, clampTimes: agentsStore.clampTimes },
  }
}
