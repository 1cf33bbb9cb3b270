import type { AgentStatus, Runtime } from '@muster/contract/agents/agents'
import type { EngineTx, Tx } from '../../platform/db/db.ts'
import { isDuplicate } from '../../platform/db/failures.ts'
import { type Fragment, fragment, sql } from '../../platform/db/sql.ts'
import { isUuid } from '../../platform/ids.ts'
import type { AgentFacts, AgentRow } from './agents.port.ts'
import { nameTaken } from './agents.rules.ts'

export interface AgentFields {
  readonly name: string
  readonly description: string | null
  readonly capabilities: readonly string[]
  readonly live_runs_max: number | null
  /** JSON text. */
  readonly metadata: string | null
  /** JSON text. */
  readonly settings: string | null
  /** The gateway charges what its runs cost. */
  readonly metered: boolean
}

interface Ref {
  readonly organization_id: string
  readonly id: string
}

interface PresenceRef {
  readonly organization_id: string
  readonly agent_id: string
}

/** An agent that was silent for longer is away. A claim may wait for half of this before it comes again. */
const presence_ms = 60_000
/** An agent that was seen within this time is not written again. */
const fresh_ms = 10_000

/** More agents than a planning model can choose among. */
const able_max = 200

export const agentColumns = fragment`id, name, description, runtime, capabilities, status, stopped,
  online and seen_at > muster_now() - ${presence_ms} * interval '1 millisecond' as online,
  seen_at, live_runs_max, metadata, created_at, settings, persona_version, persona_name, metered`

const refCondition = (ref: string): Fragment =>
  isUuid(ref.toLowerCase()) ? fragment`id = ${ref.toLowerCase()}` : fragment`name = ${ref}`

export const agentsStore = {
  /** Undefined where the name is taken. */
  insert(
    tx: Tx,
    organization_id: string,
    agent: AgentFields & { readonly id: string; readonly runtime: Runtime },
  ): Promise<AgentRow | undefined> {
    return tx.row<AgentRow>(sql`
      insert into agents (organization_id, id, name, description, runtime, capabilities, live_runs_max, metadata, settings,
        metered)
      values (${organization_id}, ${agent.id}, ${agent.name}, ${agent.description}, ${agent.runtime},
        ${[...agent.capabilities]}, ${agent.live_runs_max}, ${agent.metadata}, ${agent.settings}, ${agent.metered})
      on conflict (organization_id, name) do nothing returning ${agentColumns}`)
  },

  /** Replaces what can be changed. Throws `exists` where another agent has the name. */
  async change(tx: Tx, { organization_id, id }: Ref, fields: AgentFields): Promise<void> {
    try {
      await tx.execute(sql`
        update agents set name = ${fields.name}, description = ${fields.description},
          capabilities = ${[...fields.capabilities]}, live_runs_max = ${fields.live_runs_max},
          metadata = ${fields.metadata}, settings = ${fields.settings}, metered = ${fields.metered}
        where organization_id = ${organization_id} and id = ${id}`)
    } catch (error) {
      throw isDuplicate(error) ? nameTaken(fields.name) : error
    }
  },

  async setCapabilities(tx: Tx, { organization_id, id }: Ref, capabilities: readonly string[]): Promise<void> {
    await tx.execute(sql`
      update agents set capabilities = ${[...capabilities]} where organization_id = ${organization_id} and id = ${id}`)
  },

  async setStatus(tx: Tx, { organization_id, id }: Ref, status: AgentStatus): Promise<void> {
    await tx.execute(sql`
      update agents set status = ${status} where organization_id = ${organization_id} and id = ${id}`)
  },

  async setStopped(tx: Tx, { organization_id, id }: Ref, stopped: boolean): Promise<void> {
    await tx.execute(sql`
      update agents set stopped = ${stopped} where organization_id = ${organization_id} and id = ${id}`)
  },

  /** By id where the reference is one, else by name; no name looks like an id. */
  find(tx: Tx, organization_id: string, ref: string): Promise<AgentRow | undefined> {
    return tx.row<AgentRow>(sql`
      select ${agentColumns} from agents where organization_id = ${organization_id} and ${refCondition(ref)}`)
  },

  /** The same for a change: waits for claims that hold it in share mode. */
  lock(tx: Tx, organization_id: string, ref: string): Promise<AgentRow | undefined> {
    return tx.row<AgentRow>(sql`
      select ${agentColumns} from agents where organization_id = ${organization_id} and ${refCondition(ref)} for update`)
  },

  resolve(
    tx: Tx,
    organization_id: string,
    refs: readonly string[],
  ): Promise<(AgentFacts & { readonly ref: string })[]> {
    return tx.rows(sql`
      select i.ref, a.id, a.name, a.runtime, a.status, a.capabilities, a.stopped
      from unnest(${[...refs]}::text[]) as i (ref)
      join agents a on a.organization_id = ${organization_id} and (a.id::text = lower(i.ref) or a.name = i.ref)`)
  },

  able(
    tx: Tx,
    organization_id: string,
  ): Promise<Pick<AgentRow, 'name' | 'description' | 'capabilities' | 'persona_name'>[]> {
    return tx.rows(sql`
      select name, description, capabilities, persona_name from agents
      where organization_id = ${organization_id} and status = 'active' and not stopped order by name limit ${able_max}`)
  },

  async capabilities(tx: Tx, organization_id: string): Promise<string[]> {
    const rows = await tx.rows<{ capability: string }>(sql`
      select distinct unnest(capabilities) as capability from agents
      where organization_id = ${organization_id} and status = 'active'`)
    return rows.map(({ capability }) => capability)
  },

  /** Agents of the runtimes that were not seen a moment ago. */
  local(tx: EngineTx, runtimes: readonly Runtime[]): Promise<PresenceRef[]> {
    return tx.rows<PresenceRef>(sql`
      select organization_id, id as agent_id from agents
      where runtime = any (${[...runtimes]}::text[]) and status <> 'retired'
        and (not online or seen_at < muster_now() - ${fresh_ms} * interval '1 millisecond')`)
  },

  /**
   * Notes signs of life; gives those that were away before. A row that somebody else is writing is passed over: the next
   * sign comes soon, and a claim must not wait for it.
   */

  async recordPresence(tx: Tx, refs: readonly PresenceRef[]): Promise<PresenceRef[]> {
    const rows = await tx.rows<PresenceRef & { readonly was_online: boolean }>(sql`
      with due as (
        select a.organization_id, a.id,
          a.online and a.seen_at > muster_now() - ${presence_ms} * interval '1 millisecond' as was_online
        from agents a join unnest(${refs.map((ref) => ref.organization_id)}::uuid[],
          ${refs.map((ref) => ref.agent_id)}::uuid[]) as i (organization_id, id)
        on a.organization_id = i.organization_id and a.id = i.id
        where not a.online or a.seen_at < muster_now() - ${fresh_ms} * interval '1 millisecond'
        order by a.organization_id, a.id for no key update of a skip locked)
      update agents a set seen_at = muster_now(), online = true from due
      where a.organization_id = due.organization_id and a.id = due.id
      returning a.organization_id, a.id as agent_id, due.was_online`)
    return rows.filter((row) => !row.was_online)
  },

  /** Corrects times in the future, after the clock was put back. */
  clampTimes(tx: EngineTx): Promise<number> {
    return tx.execute(sql`update agents set seen_at = muster_now() where seen_at > muster_now()`)
  },

  /** Milliseconds until the next agent has been silent for too long; null: none is online. */
  async goneIn(tx: Tx): Promise<number | null> {
    const row = await tx.row<{ due_in_ms: number | null }>(sql`
      select (extract(epoch from min(seen_at) - muster_now()) * 1000 + ${presence_ms})::float8 as due_in_ms
      from agents where online`)
    return row?.due_in_ms ?? null
  },

  /** Marks agents that have been silent for too long as away, and returns them. */
  gone(tx: Tx): Promise<PresenceRef[]> {
    return tx.rows<PresenceRef>(sql`
      with silent as (
        select organization_id, id from agents
        where online and seen_at <= muster_now() - ${presence_ms} * interval '1 millisecond'
        order by organization_id, id limit 1000 for no key update skip locked)
      update agents a set online = false from silent
      where a.organization_id = silent.organization_id and a.id = silent.id
      returning a.organization_id, a.id as agent_id`)
  },
}
