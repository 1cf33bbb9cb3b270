import type { AgentChange, AgentCreate, AgentStatus, Runtime } from '@muster/contract/agents/agents'
import type { Caller } from '../../platform/caller.ts'
import type { Engine, Tx } from '../../platform/db/db.ts'
import type { RequestTransactions } from '../../platform/db/request-transactions.ts'
import type { Dispatch } from '../../platform/dispatch/dispatch.ts'
import { MusterError, notFound } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import type { NewEvent } from '../../platform/journal/events.ts'
import type { Journal } from '../../platform/journal/record.ts'
import { system_principal } from '../../platform/principal.ts'
import type { ProjectsPort } from '../projects/projects.port.ts'
import type { AgentFacts, AgentRow, AgentSettings, AgentsPort, LiveRunLimits, LiveRuns } from './agents.port.ts'
import {
  builtin_name,
  changedFields,
  checkCapabilities,
  checkName,
  checkSettings,
  nameTaken,
  presentAgent,
  statusToWrite,
} from './agents.rules.ts'
import { agentsStore } from './agents.store.ts'
import { type Personas, personaAtWork } from './personas.service.ts'

export interface AgentsOptions {
  readonly personas: Personas
  readonly transactions: RequestTransactions
  readonly engine: Engine
  readonly journal: Journal
  readonly dispatch: Dispatch
  readonly projects: ProjectsPort
  readonly live_runs: LiveRuns
  readonly live_run_limits: LiveRunLimits
  readonly builtin_capabilities: ReadonlySet<string>
}

/** Agents as callers create, read and control them, with their presence. */
export function createAgents(options: AgentsOptions) {
  const { transactions } = options
  const present = createPresenter(options)
  return {
    ...createPort(options),
    ...createLife(options, present),
    ...createEmergency(options),
    create: createMaker(options, present),
    change: createChanger(options, present),
    markGone: createSweep(options),

    get: (caller: Caller, ref: string) =>
      transactions.read(caller, async (tx) => presentOne({ present, tx, caller }, await findAgent(tx, caller, ref))),
  }
}

export type Agents = ReturnType<typeof createAgents>
type Presenter = ReturnType<typeof createPresenter>

function createPort({ journal, dispatch }: AgentsOptions): AgentsPort {
  return {
    async ensureBuiltin(tx, organization_id, capabilities) {
      const nothing = { description: null, live_runs_max: null, metadata: null, settings: null, metered: false }
      const fields = { id: newId(), runtime: 'builtin', name: builtin_name, capabilities, ...nothing } as const
      const agent = await agentsStore.insert(tx, organization_id, fields)
      if (agent) {
        journal.record(tx, organization_id, [event('agent.created', system_principal, { agent_id: agent.id })])
        return agent.id
      }
      const row = await agentsStore.lock(tx, organization_id, builtin_name)
      if (row === undefined) throw notFound('agent', builtin_name)
      if (changedFields(row, { capabilities: [...capabilities] }).length > 0) {
        await agentsStore.setCapabilities(tx, { organization_id, id: row.id }, capabilities)
        const changeEvent = event('agent.changed', system_principal, { agent_id: row.id, fields: ['capabilities'] })
        journal.record(tx, organization_id, [changeEvent])
        dispatch.announce(tx, 'task_queue')
      }
      return row.id
    },

    facts,

    async resolve(tx, organization_id, refs) {
      const usable = [...(await facts(tx, organization_id, refs))].filter(([, { status }]) => status !== 'retired')
      return new Map(usable.map(([ref, { id }]) => [ref, id]))
    },

    async find(tx, organization_id, ref) {
      const row = await agentsStore.find(tx, organization_id, ref)
      return row === undefined || row.status === 'retired' ? undefined : row.id
    },

    able: (tx, organization_id) => agentsStore.able(tx, organization_id),
    capabilities: async (tx, organization_id) => new Set(await agentsStore.capabilities(tx, organization_id)),

    async atWork(tx, organization_id, agent_id) {
      const row = await agentsStore.find(tx, organization_id, agent_id)
      if (!row) return undefined
      const persona = await personaAtWork(tx, { organization_id, ...row })
      return { id: row.id, name: row.name, settings: row.settings ?? {}, ...(persona && { persona }) }
    },

    async recordLocalPresence(tx, runtimes) {
      const refs = await agentsStore.local(tx, runtimes)
      if (refs.length > 0) await this.recordPresence(tx, refs)
    },
    async recordPresence(tx, refs) {
      if (refs.length === 0) return
      for (const { organization_id, agent_id } of await agentsStore.recordPresence(tx, refs))
        journal.record(tx, organization_id, [event('agent.presence', system_principal, { agent_id, online: true })])
    },
  }
}

async function facts(
  tx: Tx,
  organization_id: string,
  refs: readonly string[],
): Promise<ReadonlyMap<string, AgentFacts>> {
  if (refs.length === 0) return new Map()
  const rows = await agentsStore.resolve(tx, organization_id, refs)
  return new Map(rows.map(({ ref, ...known }) => [ref, known]))
}

/** Pause, resume and retire. */
function createLife({ transactions, journal, dispatch }: AgentsOptions, present: Presenter) {
  const types = { active: 'agent.resumed', paused: 'agent.paused', retired: 'agent.retired' } as const
  const move = (caller: Caller, ref: string, targetStatus: AgentStatus) =>
    transactions.write(caller, async (tx) => {
      const { organization_id } = caller
      const row = await lockedAgent(tx, caller, ref)
      const status = statusToWrite(row.status, targetStatus)
      if (status !== undefined) {
        await agentsStore.setStatus(tx, { organization_id, id: row.id }, status)
        journal.record(tx, organization_id, [event(types[status], caller.principal, { agent_id: row.id })])
        if (status === 'active') dispatch.announce(tx, 'task_queue')
      }
      return presentOne({ present, tx, caller }, { ...row, status: targetStatus })
    })
  return {
    pause: (caller: Caller, ref: string) => move(caller, ref, 'paused'),
    resume: (caller: Caller, ref: string) => move(caller, ref, 'active'),
    retire: (caller: Caller, ref: string) => move(caller, ref, 'retired'),
  }
}

/** The emergency stop of one agent: its flag, which claims test, and its row among the stops. */
function createEmergency({ transactions, projects }: AgentsOptions) {
  const scopeOf = ({ organization_id }: Caller, id: string) => ({ organization_id, kind: 'agent', id }) as const
  return {
    stop: (caller: Caller, ref: string, reason: string) =>
      transactions.write(caller, async (tx) => {
        const { id } = await lockedAgent(tx, caller, ref)
        await agentsStore.setStopped(tx, { organization_id: caller.organization_id, id }, true)
        return projects.stops.raise(tx, scopeOf(caller, id), { reason, actor: caller.principal })
      }),
    liftStop: (caller: Caller, ref: string) =>
      transactions.write(caller, async (tx) => {
        const { id } = await lockedAgent(tx, caller, ref)
        await agentsStore.setStopped(tx, { organization_id: caller.organization_id, id }, false)
        const liftedStop = await projects.stops.lift(tx, scopeOf(caller, id), caller.principal)
        if (liftedStop === undefined) throw notFound('emergency stop of the agent', ref)
        return liftedStop
      }),
  }
}

function createMaker(options: AgentsOptions, present: Presenter) {
  const { transactions, journal, dispatch, live_run_limits, builtin_capabilities, personas } = options
  return (caller: Caller, newAgent: AgentCreate) => {
    const { name, runtime, capabilities, description = null, live_runs_max = null, metadata } = newAgent
    const { model, command_line, persona, metered = false } = newAgent
    checkName(name)
    checkCapabilities(runtime, capabilities, builtin_capabilities)
    checkSettings(runtime, { model, command_line }, builtin_capabilities)
    const { organization_id } = caller
    return transactions.write(caller, async (tx) => {
      const fields = {
        id: newId(),
        name,
        runtime,
        description,
        capabilities: distinct(capabilities),
        live_runs_max,
        metadata: jsonOf(metadata),
        settings: jsonOf(settingsOf({ model, command_line })),
        metered: isMetered(runtime, { model, command_line }, metered),
      }
      const agent = await agentsStore.insert(tx, organization_id, fields)
      if (agent === undefined) throw nameTaken(name)
      if (persona) await personas.give(tx, caller, { agent, persona })
      const row = persona ? await findAgent(tx, caller, agent.id) : agent
      if (live_runs_max !== null)
        await live_run_limits.setForAgent(tx, { organization_id, agent_id: row.id, live_runs: live_runs_max })
      journal.record(tx, organization_id, [event('agent.created', caller.principal, { agent_id: row.id })])
      dispatch.announce(tx, 'task_queue')
      return presentOne({ present, tx, caller }, row)
    })
  }
}

function createChanger(options: AgentsOptions, present: Presenter) {
  const { transactions, journal, dispatch, live_run_limits, builtin_capabilities } = options
  return (caller: Caller, ref: string, change: AgentChange) =>
    transactions.write(caller, async (tx) => {
      const { organization_id } = caller
      const row = await lockedAgent(tx, caller, ref)
      const [before] = await present(tx, organization_id, [row])
      const fields = changedFields(before ?? {}, change)
      if (fields.length === 0) return presentOne({ present, tx, caller }, row)
      if (row.status === 'retired') throw new MusterError('ended', 'The agent is retired and cannot be changed.')
      const { name = row.name, capabilities = row.capabilities, description = row.description } = change
      const { live_runs_max = row.live_runs_max, metadata = row.metadata } = change
      const settings = settingsOf({ ...row.settings, ...definedSettings(change) })
      if (fields.includes('name')) checkName(name)
      checkCapabilities(row.runtime, capabilities, builtin_capabilities)
      checkSettings(row.runtime, settings ?? {}, builtin_capabilities)
      const newFields = {
        name,
        description,
        capabilities: distinct(capabilities),
        live_runs_max,
        metadata: jsonOf(metadata),
        settings: jsonOf(settings),
        metered: isMetered(row.runtime, settings ?? {}, change.metered ?? row.metered),
      }
      await agentsStore.change(tx, { organization_id, id: row.id }, newFields)
      if (change.live_runs_max !== undefined)
        await live_run_limits.setForAgent(tx, { organization_id, agent_id: row.id, live_runs: change.live_runs_max })
      journal.record(tx, organization_id, [event('agent.changed', caller.principal, { agent_id: row.id, fields })])
      dispatch.announce(tx, 'task_queue')
      return presentOne({ present, tx, caller }, await findAgent(tx, caller, row.id))
    })
}

/** Marks silent agents as away. It may run twice: an agent that is away is not found again. */
function createSweep({ engine, journal }: AgentsOptions) {
  return (): Promise<void> =>
    engine.transact(async (tx) => {
      for (const { organization_id, agent_id } of await agentsStore.gone(tx))
        journal.record(tx, organization_id, [event('agent.presence', system_principal, { agent_id, online: false })])
    })
}

function createPresenter({ live_runs }: AgentsOptions) {
  return async (tx: Tx, organization_id: string, rows: readonly AgentRow[]) => {
    if (rows.length === 0) return []
    const counts = await live_runs.count(
      tx,
      organization_id,
      rows.map(({ id }) => id),
    )
    return rows.map((row) => ({ ...presentAgent(row), live_runs: counts.get(row.id) ?? 0 }))
  }
}

async function presentOne(
  { present, tx, caller }: { readonly present: Presenter; readonly tx: Tx; readonly caller: Caller },
  row: AgentRow,
) {
  const [agentView] = await present(tx, caller.organization_id, [row])
  if (agentView === undefined) throw notFound('agent', row.id)
  return agentView
}

async function findAgent(tx: Tx, caller: Caller, ref: string): Promise<AgentRow> {
  const row = await agentsStore.find(tx, caller.organization_id, ref)
  if (row === undefined) throw notFound('agent', ref)
  return row
}

/** Locks the agent; waits for claims that hold it in share mode. */
async function lockedAgent(tx: Tx, caller: Caller, ref: string): Promise<AgentRow> {
  const row = await agentsStore.lock(tx, caller.organization_id, ref)
  if (row === undefined) throw notFound('agent', ref)
  return row
}

function event(
  type: NewEvent['type'],
  actor: NewEvent['actor'],
  data: { readonly agent_id: string; readonly [more: string]: unknown },
): NewEvent {
  return { type, actor, data }
}

/** Whether the gateway charges all calls of the agent's runs. */
function isMetered(runtime: Runtime, { command_line }: AgentSettings, metered: boolean): boolean {
  if (runtime === 'cli') return command_line?.metered !== false
  return runtime === 'model' || (runtime === 'remote' && metered)
}

const definedSettings = ({ model, command_line }: AgentSettings): AgentSettings => ({
  ...(model && { model }),
  ...(command_line && { command_line }),
})

function settingsOf(settings: AgentSettings): AgentSettings | null {
  const fields = definedSettings(settings)
  return Object.keys(fields).length > 0 ? fields : null
}

const distinct = (words: readonly string[]): readonly string[] => [...new Set(words)]
const jsonOf = (value: unknown): string | null => (value === undefined || value === null ? null : JSON.stringify(value))
