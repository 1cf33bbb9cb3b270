import type { AgentStatus, Runtime } from '@muster/contract/agents/agents'
import { invalid, MusterError } from '../../platform/errors.ts'
import type { AgentRow, AgentSettings } from './agents.port.ts'

/** The name of the agent that every organization is made with. */
export const builtin_name = 'builtin'

/** An agent is active, paused and resumed, and retired for good. Presence is apart: it says who was here of late. */
export const agentTransitions = {
  active: ['paused', 'retired'],
  paused: ['active', 'retired'],
  retired: [],
} as const satisfies Record<AgentStatus, readonly AgentStatus[]>

/** The status to write, or undefined where the agent has it already. */
export function statusToWrite(from: AgentStatus, to: AgentStatus): AgentStatus | undefined {
  if (from === to) return undefined
  const nextStatuses: readonly AgentStatus[] = agentTransitions[from]
  if (nextStatuses.includes(to)) return to
  throw new MusterError('ended', 'The agent is retired and cannot be changed.', { value: from })
}

/** An agent is named by its id or its name, so no name may look like an id. */
export function checkName(name: string): void {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(name))
    throw invalid('name', 'A name cannot look like an ID.', name)
}

/** A built-in agent has built-in capabilities only; the capabilities of a remote one are its own affair. */
export function checkCapabilities(
  runtime: Runtime,
  capabilities: readonly string[],
  builtin: ReadonlySet<string>,
): void {
  if (runtime !== 'builtin') return
  const unknown = capabilities.find((capability) => !builtin.has(capability))
  if (unknown === undefined) return
  throw unknownCapability('capabilities', unknown, builtin)
}

function unknownCapability(field: string, value: string, builtin: ReadonlySet<string>): MusterError {
  const remedy = `Built-in capabilities: ${[...builtin].sort().join(', ')}.`
  return new MusterError('unknown_capability', `No such built-in capability: ${value}.`, { field, value, remedy })
}

/** Settings belong to the runtime that needs them, and tools are built-in capabilities. */
export function checkSettings(runtime: Runtime, settings: AgentSettings, builtin: ReadonlySet<string>): void {
  const needs = { model: 'model', cli: 'command_line', builtin: undefined, remote: undefined, user: undefined }[runtime]
  for (const field of ['model', 'command_line'] as const) {
    if ((needs === field) === (settings[field] !== undefined)) continue
    const message =
      needs === field ? `Runtime ${runtime} requires ${field}.` : `Runtime ${runtime} does not support ${field}.`
    throw invalid(field, message)
  }
  const unknown = settings.model?.tools.find((tool) => !builtin.has(tool))
  if (unknown !== undefined) throw unknownCapability('model.tools', unknown, builtin)
}

/** The fields of a change whose values differ. */
export function changedFields(before: object, change: object): readonly string[] {
  const valuesBefore = new Map<string, unknown>(Object.entries(before))
  return Object.entries(change)
    .filter(([field, value]) => JSON.stringify(value) !== JSON.stringify(valuesBefore.get(field)))
    .map(([field]) => field)
}

export function nameTaken(name: string): MusterError {
  return new MusterError('exists', `An agent named ${name} already exists.`, { field: 'name', value: name })
}

/** An agent as the API shows it, besides what it does. */
export function presentAgent<Row extends AgentRow>(row: Row) {
  const { description, online, seen_at, live_runs_max, metadata, settings, ...more } = row
  const { persona_version, persona_name, metered, ...rest } = more
  return {
    ...rest,
    ...(description !== null && { description }),
    presence: { online: online ?? false, ...(seen_at !== null && { last_seen_at: seen_at }) },
    ...(live_runs_max !== null && { live_runs_max }),
    ...(metadata !== null && { metadata }),
    ...settings,
    ...(row.runtime === 'remote' && metered && { metered }),
    ...(persona_version > 0 && { persona: { version: persona_version, name: persona_name ?? '' } }),
  }
}
