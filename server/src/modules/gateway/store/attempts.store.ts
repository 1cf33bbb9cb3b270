import type { AttemptOutcome } from '@muster/contract/gateway/attempts'
import type { EngineTx, Tx } from '../../../platform/db/db.ts'
import { allOf, type Fragment, fragment, sql, sumOf } from '../../../platform/db/sql.ts'
import type { Amounts, CallAge, CallEnding, CallHold, CallRows, LostReservation } from '../../budgets/budgets.port.ts'
import type { Usage, Wire } from '../gateway.types.ts'

/** An attempt before its request leaves. */
export interface NewAttempt extends CallHold {
  readonly call_id: string
  readonly number: number
  readonly request_id: string
  readonly key_id: string | null
  /** The run that calls. */
  readonly run_id: string | null
  readonly wire: Wire
  readonly streamed: boolean
  readonly model: string
  readonly model_version: number
  readonly provider: string
  readonly provider_model: string
  /** Milliseconds after which the attempt counts as lost. */
  readonly deadline_ms: number
}

export interface EndedAttempt extends CallEnding {
  readonly outcome: AttemptOutcome
  readonly http_status: number | undefined
  readonly usage: Usage
  readonly first_token_ms: number | undefined
}

export interface AttemptRow extends Omit<NewAttempt, 'deadline_ms' | 'held'>, Usage {
  readonly held_micro_usd: number
  readonly held_tokens: number
  readonly status: 'live' | 'done' | 'failed'
  readonly outcome: AttemptOutcome | null
  readonly http_status: number | null
  readonly usage_known: boolean
  readonly cost_micro_usd: number
  readonly charged_tokens: number
  readonly started_at: string
  readonly first_token_ms: number | null
  readonly total_ms: number | null
}

export interface AttemptFilter {
  readonly before: string | undefined
  readonly limit: number
  readonly model?: string | undefined
  readonly provider?: string | undefined
  readonly outcome?: readonly AttemptOutcome[] | undefined
  readonly request_id?: string | undefined
  readonly run_id?: string | undefined
}

const begun_columns = fragment`organization_id, id, call_id, number, request_id, key_id, run_id, task_id, project_id, goal_id,
  agent_id, wire, streamed, model, model_version, provider, provider_model, held_micro_usd, held_tokens`

const begun_times = fragment`muster_now() - age_ms * interval '1 millisecond', muster_now() + deadline_ms * interval '1 millisecond'`

/** In the order of `begun_columns`, then age and deadline. */
const begunValues = (attempts: readonly (NewAttempt & CallAge)[]): Fragment =>
  fragment`${attempts.map((one) => one.organization_id)}::uuid[], ${attempts.map((one) => one.id)}::uuid[],
    ${attempts.map((one) => one.call_id)}::uuid[], ${attempts.map((one) => one.number)}::integer[],
    ${attempts.map((one) => one.request_id)}::text[], ${attempts.map((one) => one.key_id)}::uuid[],
    ${attempts.map((one) => one.run_id)}::uuid[], ${attempts.map((one) => one.task_id)}::uuid[],
    ${attempts.map((one) => one.project_id)}::uuid[], ${attempts.map((one) => one.goal_id)}::uuid[],
    ${attempts.map((one) => one.agent_id)}::uuid[], ${attempts.map((one) => one.wire)}::text[],
    ${attempts.map((one) => one.streamed)}::boolean[], ${attempts.map((one) => one.model)}::text[],
    ${attempts.map((one) => one.model_version)}::integer[], ${attempts.map((one) => one.provider)}::text[],
    ${attempts.map((one) => one.provider_model)}::text[], ${attempts.map((one) => one.held.cost_micro_usd)}::bigint[],
    ${attempts.map((one) => one.held.tokens)}::bigint[], ${attempts.map((one) => one.age_ms)}::integer[],
    ${attempts.map((one) => one.deadline_ms)}::bigint[]`

const ended_columns = fragment`outcome, http_status, uncached, cache_read, cache_write, output, reasoning, usage_known,
  cost_micro_usd, charged_tokens, first_token_ms, total_ms`

/** In the order of `ended_columns`. */
const endedValues = (attempts: readonly EndedAttempt[]): Fragment =>
  fragment`${attempts.map((one) => one.outcome)}::text[], ${attempts.map((one) => one.http_status ?? null)}::integer[],
    ${attempts.map((one) => one.usage.uncached)}::bigint[], ${attempts.map((one) => one.usage.cache_read)}::bigint[],
    ${attempts.map((one) => one.usage.cache_write)}::bigint[], ${attempts.map((one) => one.usage.output)}::bigint[],
    ${attempts.map((one) => one.usage.reasoning)}::bigint[], ${attempts.map((one) => one.usage_known)}::boolean[],
    ${attempts.map((one) => one.used.cost_micro_usd)}::bigint[], ${attempts.map((one) => one.used.tokens)}::bigint[],
    ${attempts.map((one) => one.first_token_ms ?? null)}::integer[], ${attempts.map((one) => one.total_ms)}::integer[]`

/** What a charge needs to know of an attempt. */
const callColumns = fragment`a.organization_id, a.id, a.project_id, a.goal_id, a.agent_id, a.task_id,
  json_build_object('cost_micro_usd', a.held_micro_usd, 'tokens', a.held_tokens) as held`

/** Statements of attempts to call models. */
export const attemptsStore = {
  /** Inserts live attempts; returns the ids that were new. */
  async insert(tx: Tx, attempts: readonly (NewAttempt & CallAge)[]): Promise<string[]> {
    const rows = await tx.rows<{ id: string }>(sql`
      insert into gateway_attempts (${begun_columns}, started_at, deadline_at)
      select ${begun_columns}, ${begun_times}
      from unnest(${begunValues(attempts)}) as i (${begun_columns}, age_ms, deadline_ms)
      on conflict do nothing
      returning id`)
    return rows.map(({ id }) => id)
  },

  /** Inserts attempts that have ended; returns the ids that were new. */
  async insertEnded(tx: Tx, attempts: readonly (NewAttempt & EndedAttempt & CallAge)[]): Promise<string[]> {
    const rows = await tx.rows<{ id: string }>(sql`
      insert into gateway_attempts (${begun_columns}, started_at, deadline_at, status, ${ended_columns})
      select ${begun_columns}, ${begun_times}, case outcome when 'ok' then 'done' else 'failed' end, ${ended_columns}
      from unnest(${begunValues(attempts)}, ${endedValues(attempts)})
        as i (${begun_columns}, age_ms, deadline_ms, ${ended_columns})
      on conflict do nothing
      returning id`)
    return rows.map(({ id }) => id)
  },

  /** Inserts one row for each reservation of a dead process; it stands for all calls that were not written. */
  async insertLost(tx: EngineTx, reservations: readonly LostReservation[]): Promise<void> {
    await tx.execute(sql`
      insert into gateway_attempts (organization_id, id, call_id, number, request_id, project_id, goal_id, agent_id, wire, streamed,
        model, model_version, provider, provider_model, held_micro_usd, held_tokens, deadline_at, status, outcome, cost_micro_usd,
        charged_tokens)
      select organization_id, id, id, 1, 'lost', project_id, goal_id, agent_id, 'several', false, 'several', 0, 'several', 'several',
        cost_micro_usd, tokens, muster_now(), 'failed', 'lost', cost_micro_usd, tokens
      from unnest(${reservations.map((one) => one.organization_id)}::uuid[], ${reservations.map((one) => one.id)}::uuid[],
        ${reservations.map((one) => one.project_id)}::uuid[], ${reservations.map((one) => one.goal_id)}::uuid[],
        ${reservations.map((one) => one.agent_id)}::uuid[], ${reservations.map((one) => one.cost_micro_usd)}::bigint[],
        ${reservations.map((one) => one.tokens)}::bigint[]) as i (organization_id, id, project_id, goal_id, agent_id, cost_micro_usd, tokens)`)
  },

  /** Ends attempts that are live and returns those, so that nothing is charged twice. */
  end(tx: Tx, endedAttempts: readonly EndedAttempt[]): Promise<CallHold[]> {
    const sortedAttempts = [...endedAttempts].sort((one, other) => (one.id < other.id ? -1 : 1))
    return tx.rows<CallHold>(sql`
      update gateway_attempts a set status = case i.outcome when 'ok' then 'done' else 'failed' end, outcome = i.outcome,
        http_status = i.http_status, uncached = i.uncached, cache_read = i.cache_read, cache_write = i.cache_write,
        output = i.output, reasoning = i.reasoning, usage_known = i.usage_known, cost_micro_usd = i.cost_micro_usd,
        charged_tokens = i.charged_tokens, first_token_ms = i.first_token_ms, total_ms = i.total_ms
      from unnest(${sortedAttempts.map((one) => one.organization_id)}::uuid[], ${sortedAttempts.map((one) => one.id)}::uuid[], ${endedValues(sortedAttempts)})
        as i (organization_id, id, ${ended_columns})
      where a.organization_id = i.organization_id and a.id = i.id and a.status = 'live'
      returning ${callColumns}`)
  },

  /** Shortens deadlines that lie too far in the future, after the clock was put back. */
  clampTimes(tx: EngineTx): Promise<number> {
    return tx.execute(sql`
      update gateway_attempts set deadline_at = muster_now() + (deadline_at - started_at)
      where status = 'live' and started_at > muster_now()`)
  },

  /** Milliseconds until attempts or reservations of dead processes are due; null: there are none. */
  async lostDueIn(tx: EngineTx): Promise<number | null> {
    const row = await tx.row<{ due_in_ms: number | null }>(sql`
      select case when exists(select from budgets_reservations_v) then 0 else
        (select (extract(epoch from min(deadline_at) - muster_now()) * 1000)::float8 from gateway_attempts
          where status = 'live') end as due_in_ms`)
    return row?.due_in_ms ?? null
  },

  /** Ends attempts past their deadline as lost: their holds are what they cost. */
  lose(tx: EngineTx, limit: number): Promise<CallHold[]> {
    return tx.rows<CallHold>(sql`
      with gone as (
        select organization_id, id from gateway_attempts where status = 'live' and deadline_at < muster_now()
        order by organization_id, id limit ${limit} for update skip locked)
      update gateway_attempts a set status = 'failed', outcome = 'lost', cost_micro_usd = held_micro_usd,
        charged_tokens = held_tokens
      from gone where a.organization_id = gone.organization_id and a.id = gone.id
      returning ${callColumns}`)
  },

  /** What a run has been charged for so far. */
  async spentByRun(tx: Tx, organization_id: string, run_id: string): Promise<Amounts> {
    const row = await tx.row<Amounts>(sql`
      select ${sumOf(fragment`cost_micro_usd`)} as cost_micro_usd, ${sumOf(fragment`charged_tokens`)} as tokens
      from gateway_attempts where organization_id = ${organization_id} and run_id = ${run_id}`)
    return row ?? { cost_micro_usd: 0, tokens: 0 }
  },

  list(tx: Tx, organization_id: string, filter: AttemptFilter): Promise<AttemptRow[]> {
    const { before, limit, model, provider, outcome, request_id, run_id } = filter
    const filters = allOf([
      before === undefined ? undefined : fragment`id < ${before}`,
      model === undefined ? undefined : fragment`model = ${model}`,
      provider === undefined ? undefined : fragment`provider = ${provider}`,
      outcome === undefined ? undefined : fragment`outcome = any (${[...outcome]}::text[])`,
      request_id === undefined ? undefined : fragment`request_id = ${request_id}`,
      run_id === undefined ? undefined : fragment`run_id = ${run_id}`,
    ])
    return tx.rows<AttemptRow>(sql`
      select id, call_id, number, request_id, key_id, run_id, task_id, project_id, goal_id, agent_id, wire, streamed, model, model_version,
        provider, provider_model, status, outcome, http_status, uncached, cache_read, cache_write, output, reasoning, usage_known,
        held_micro_usd, held_tokens, cost_micro_usd, charged_tokens, started_at, first_token_ms, total_ms
      from gateway_attempts where organization_id = ${organization_id} and ${filters} order by id desc limit ${limit}`)
  },
} satisfies CallRows<NewAttempt, EndedAttempt> & Record<string, unknown>
