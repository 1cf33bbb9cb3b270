import { readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import type { PersonaGiven } from '@muster/contract/agents/personas'
import type { Caller } from '../../platform/caller.ts'
import type { Tx } from '../../platform/db/db.ts'
import type { RequestTransactions } from '../../platform/db/request-transactions.ts'
import { invalid, invariant, MusterError, notFound } from '../../platform/errors.ts'
import type { Journal } from '../../platform/journal/record.ts'
import { sha256 } from '../../platform/journal/seal.ts'
import type { Bounded } from '../../platform/threads/bounded.ts'
import type { AgentRow, PersonaAtWork } from './agents.port.ts'
import { agentsStore } from './agents.store.ts'
import { readSoul, soulOf, soulParser } from './persona-file.ts'
import { type PersonaRow, personasStore } from './personas.store.ts'

/** Beside the source, and beside the bundle. */
const folder = new URL('./personas/', import.meta.url)

/** The personas that come with Muster, by name. */
const templates: ReadonlyMap<string, string> = new Map(
  readdirSync(folder)
    .filter((file) => file.endsWith('.md'))
    .sort()
    .map((file) => [basename(file, '.md'), readFileSync(new URL(file, folder), 'utf8')]),
)

export interface PersonasOptions {
  readonly transactions: RequestTransactions
  readonly journal: Journal
  readonly bounded: Pick<Bounded, 'inTransaction'>
}

/**
 * Personas as callers set and read them. A run takes the version in force when it begins, so that a new one needs no
 * restart.
 */
export function createPersonas({ transactions, journal, bounded }: PersonasOptions) {
  /** The agent is locked, or was made in this transaction. */
  async function give(
    tx: Tx,
    { organization_id, principal: actor }: Caller,
    { agent, persona }: { readonly agent: AgentRow; readonly persona: PersonaGiven },
  ): Promise<PersonaRow> {
    if (agent.status === 'retired') throw new MusterError('ended', 'The agent is retired and cannot be changed.')
    const soul = persona.soul ?? templateOf(persona.template ?? '')
    const { name } = soulOf(bounded.inTransaction(soulParser, soul))
    const hash = sha256(soul).toString('hex')
    const ref = { organization_id, agent_id: agent.id }
    const last = await personasStore.version(tx, ref, agent.persona_version)
    if (last?.sha256 === hash) return last
    const version = agent.persona_version + 1
    const row = await personasStore.add(tx, ref, { version, soul, sha256: hash, created_by: actor, name })
    invariant(row, 'a version is written or fails')
    const data = { agent_id: agent.id, fields: ['persona'], persona_version: version }
    journal.record(tx, organization_id, [{ type: 'agent.changed', actor, data }])
    return row
  }

  async function lockAgent(tx: Tx, { organization_id }: Caller, ref: string): Promise<AgentRow> {
    const agent = await agentsStore.lock(tx, organization_id, ref)
    if (!agent) throw notFound('agent', ref)
    return agent
  }

  return {
    give,

    put: (caller: Caller, ref: string, persona: PersonaGiven) =>
      transactions.write(caller, async (tx) =>
        present(await give(tx, caller, { agent: await lockAgent(tx, caller, ref), persona })),
      ),

    rollBack: (caller: Caller, ref: string, version: number) =>
      transactions.write(caller, async (tx) => {
        const agent = await lockAgent(tx, caller, ref)
        const { organization_id } = caller
        const oldVersion = await personasStore.version(tx, { organization_id, agent_id: agent.id }, version)
        if (!oldVersion) throw notFound('version of the persona', String(version))
        return present(await give(tx, caller, { agent, persona: { soul: oldVersion.soul } }))
      }),

    ...createReader(transactions),

    templates: () => ({
      items: [...templates].map(([name, soul]) => {
        const { name: title, voice_traits, directives } = readSoul(soul)
        return { name, title, voice_traits: [...voice_traits], directives: [...directives], soul }
      }),
    }),
  }
}

/** Reads personas for callers. */
function createReader(transactions: RequestTransactions) {
  return {
    get: (caller: Caller, ref: string) =>
      transactions.read(caller, async (tx) => {
        const { organization_id } = caller
        const agent = await agentsStore.find(tx, organization_id, ref)
        if (!agent) throw notFound('agent', ref)
        const row = await personasStore.version(tx, { organization_id, agent_id: agent.id }, agent.persona_version)
        if (!row) throw notFound('persona of the agent', ref)
        return present(row)
      }),

    list: (caller: Caller, ref: string, { cursor, limit }: { readonly cursor?: string | undefined; limit: number }) =>
      transactions.read(caller, async (tx) => {
        const { organization_id } = caller
        const agent = await agentsStore.find(tx, organization_id, ref)
        if (!agent) throw notFound('agent', ref)
        const page = { before: versionOf(cursor), limit: limit + 1 }
        const rows = await personasStore.list(tx, { organization_id, agent_id: agent.id }, page)
        const items = rows.slice(0, limit).map(present)
        const last = items.at(-1)
        return { items, ...(rows.length > limit && last && { next_cursor: String(last.version) }) }
      }),
  }
}

export type Personas = ReturnType<typeof createPersonas>

/** The persona in force, for a run. */
export async function personaAtWork(
  tx: Tx,
  agent: Pick<AgentRow, 'id' | 'persona_version'> & { readonly organization_id: string },
): Promise<PersonaAtWork | undefined> {
  if (agent.persona_version === 0) return undefined
  const row = await personasStore.version(tx, { ...agent, agent_id: agent.id }, agent.persona_version)
  return row && { version: row.version, ...readSoul(row.soul) }
}

function present({ soul, ...row }: PersonaRow) {
  const { name, voice_traits, directives, story } = readSoul(soul)
  return { ...row, name, voice_traits: [...voice_traits], directives: [...directives], story, soul }
}

function templateOf(name: string): string {
  const soul = templates.get(name)
  if (soul !== undefined) return soul
  throw invalid('template', `No such persona template: ${name}. Templates: ${[...templates.keys()].join(', ')}.`, name)
}

function versionOf(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined
  if (/^\d{1,9}$/.test(cursor)) return Number(cursor)
  throw invalid('cursor', 'Invalid cursor. Use next_cursor of the same list.', cursor)
}
