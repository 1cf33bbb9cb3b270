import type { Tx } from '../../platform/db/db.ts'
import { fragment } from '../../platform/db/sql.ts'
import { invariant } from '../../platform/errors.ts'
import { type Extensions, extend } from '../../platform/module/extension-point.ts'
import type { Manifest } from '../../platform/module/module.ts'
import type { SearchSource } from '../../platform/module/search-source.ts'
import type { BudgetsPort } from '../budgets/budgets.port.ts'
import { scopes } from '../identity/identity.extensions.ts'
import type { ScopeKind } from '../identity/identity.port.ts'
import type { ToolsPort } from '../tools/tools.port.ts'
import { activity } from './agents.extensions.ts'
import type { AgentsPort, LiveRunLimits, LiveRuns } from './agents.port.ts'
import { agentsRoutes } from './agents.routes.ts'
import { type Agents, type AgentsOptions, createAgents } from './agents.service.ts'
import { agentsStore } from './agents.store.ts'
import { createAgentsList } from './operations/list-agents.ts'
import { createPersonas, type PersonasOptions } from './personas.service.ts'

/** Who counts the live runs of agents, and holds claims to their `live_runs_max`. */
interface AgentLimits {
  readonly budgets: LiveRunLimits & Pick<BudgetsPort, 'countLive'>
}

const presence_every_ms = 15_000

const search: SearchSource = {
  kind: 'agent',
  by: ['title'],
  rows: fragment`select organization_id, agent_id as id, name as title, null::int as number, null::uuid as project_id,
    null::uuid as goal_id, status from agents_gate_v`,
}

export function agentsModule(
  options: Omit<AgentsOptions, 'personas' | 'live_runs' | 'live_run_limits' | 'builtin_capabilities'> &
    PersonasOptions &
    AgentLimits & { readonly extensions: Extensions; readonly tools: Pick<ToolsPort, 'capabilities'> },
): {
  readonly agents: Agents
  readonly manifest: Manifest
} {
  const personas = createPersonas(options)
  const { budgets } = options
  const live_runs: LiveRuns = {
    async count(tx, organization_id, agent_ids) {
      const scopes = agent_ids.map((scope_id) => ({ organization_id, scope_kind: 'agent', scope_id }))
      const counts = await budgets.countLive(tx, scopes)
      return new Map(agent_ids.map((id, index) => [id, counts[index] ?? 0]))
    },
  }
  const builtin_capabilities = new Set(options.tools.capabilities.keys())
  const agents = createAgents({ ...options, builtin_capabilities, personas, live_runs, live_run_limits: budgets })
  const list = createAgentsList({
    transactions: options.transactions,
    activity() {
      const [agentActivity] = options.extensions.of(activity)
      invariant(agentActivity, 'no module says what agents do')
      return agentActivity
    },
  })
  const jobs = [
    { name: 'agents.presence', every_ms: presence_every_ms, dueIn: agentsStore.goneIn, run: agents.markGone },
  ]
  return {
    agents,
    manifest: {
      name: 'agents',
      routes: agentsRoutes({ agents, personas, list }),
      jobs,
      search: [search],
      clampTimes: agentsStore.clampTimes,
      extensions: [extend(scopes, { kind: 'agent', find: agentScopes(agents) })],
    },
  }
}

/** What others may know of agents that keys, budgets and documents belong to. */
function agentScopes(agents: Pick<AgentsPort, 'facts'>): ScopeKind['find'] {
  return async (tx: Tx, organization_id: string, refs: readonly string[]) => {
    const facts = await agents.facts(tx, organization_id, refs)
    return new Map(
      [...facts].map(([ref, { id, name, stopped, status }]) => [
        ref,
        { ...nowhere, id, name, agent_id: id, stopped, usable: status !== 'retired' },
      ]),
    )
  }
}

const nowhere = { project_id: null, goal_id: null, task_id: null }
