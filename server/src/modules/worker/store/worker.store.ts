import type { EngineTx, Tx } from '../../../platform/db/db.ts'
import { fragment, sql } from '../../../platform/db/sql.ts'
import type { LocalRuntime } from '../../runtimes/runtimes.port.ts'
import type { EndedRun, KeptOutput, LiveRun, RunRef } from '../worker.port.ts'

/** For whom tasks are claimed: the agents of a local runtime in every organization, or one remote agent. */
export type Claimer =
  | { readonly runtime: LocalRuntime }
  | {
      readonly runtime: 'remote'
      readonly organization_id: string
      readonly agent_id: string
      readonly capabilities: readonly string[] | null
    }

export interface Candidate {
  readonly organization_id: string
  readonly task_id: string
  readonly project_id: string
  readonly goal_id: string | null
  readonly agent_id: string
  readonly cost_micro_usd: number
  readonly tokens: number
  /** How many lanes have work; with one, fairness does not matter. */
  readonly lanes: number
  /** Whether its organization has any limit or budget. */
  readonly limited: boolean
  /** Whether the gateway charges what its run costs, so that the run itself holds nothing. */
  readonly metered: boolean
}

/**
 * Tasks that a limit has just refused, and all that would cost at least as much in the same scope: the next round
 * passes them over, so that they hold nobody else up.
 */
export interface PassedOver {
  readonly organization_id: string
  readonly scope_kind: string
  readonly scope_id: string
  /** Set where the limit counts each goal by itself. */
  readonly goal_id: string | null
  readonly cost_from: number
  readonly tokens_from: number
}

export type NewRun = Omit<LiveRun, keyof Times> & {
  readonly timeout_ms: number
  readonly run_id: string
  readonly artifact_ids: readonly string[]
}

export type Times = Pick<LiveRun, 'run_id' | 'claimed_at' | 'expires_at' | 'deadline_at'>

const columns = (refs: readonly RunRef[]): [string[], string[]] => [
  refs.map((ref) => ref.organization_id),
  refs.map((ref) => ref.run_id),
]

/** Statements of claims, live runs, their ends, and the review queue. */
export const workerStore = {
  /**
   * Ready tasks for the claimer, without locks: a loose index scan over the queue's lanes (priority, organization,
   * project, capability, agent), so that its cost follows the lanes and not the queue. A task that names no agent goes
   * to the active agent with the capability and the fewest live runs.
   */
  candidates(
    tx: EngineTx,
    claimer: Claimer,
    { max, passed_over }: { max: number; passed_over: readonly PassedOver[] },
  ): Promise<Candidate[]> {
    const own =
      claimer.runtime !== 'remote'
        ? fragment`a.runtime = ${claimer.runtime}`
        : fragment`a.agent_id = ${claimer.agent_id} and l.organization_id = ${claimer.organization_id}
            and (${claimer.capabilities}::text[] is null or l.capability = any (${claimer.capabilities}::text[]))`
    return tx.rows<Candidate>(sql`
      with recursive lanes as (
        (select priority, organization_id, project_id, capability, agent_id from planner_ready_v
          order by priority, organization_id, project_id, capability, agent_id limit 1)
        union all
        select n.* from lanes l cross join lateral (
          select q.priority, q.organization_id, q.project_id, q.capability, q.agent_id from planner_ready_v q
          where (q.priority, q.organization_id, q.project_id, q.capability, q.agent_id)
            > (l.priority, l.organization_id, l.project_id, l.capability, l.agent_id)
          order by q.priority, q.organization_id, q.project_id, q.capability, q.agent_id limit 1) n
      ), open as (
        select l.*, a.agent_id as by_agent, a.metered, t.served_at, count(*) over () as lanes
        from lanes l
        join projects_gate_v p on p.organization_id = l.organization_id and p.project_id = l.project_id
          and p.status = 'active' and not p.stopped
        cross join lateral (
          select g.agent_id, g.runtime, g.metered from agents_gate_v g
          where g.organization_id = l.organization_id and g.status = 'active' and not g.stopped
            and (g.agent_id = l.agent_id or (l.agent_id = '00000000-0000-0000-0000-000000000000'
              and l.capability = any (g.capabilities)
              and (g.runtime in ('builtin', 'model', 'cli') or g.seen_at > muster_now() - interval '60 seconds')))
          order by (select count(*) from worker_live_runs r where r.organization_id = g.organization_id and r.agent_id = g.agent_id),
            g.agent_id
          limit 1) a
        left join planner_turns_v t on t.organization_id = l.organization_id and t.project_id = l.project_id
        where ${own}
      )
      select c.organization_id, c.task_id, c.project_id, c.goal_id, c.cost_micro_usd, c.tokens, o.by_agent as agent_id,
        o.metered, o.lanes::int as lanes,
        exists (select from budgets_limits_v b where b.organization_id = c.organization_id) as limited
      from open o cross join lateral (
        select q.organization_id, q.task_id, q.project_id, q.goal_id, q.cost_micro_usd, q.tokens, q.available_at
        from planner_ready_v q
        where q.priority = o.priority and q.organization_id = o.organization_id and q.project_id = o.project_id
          and q.capability = o.capability and q.agent_id = o.agent_id and q.available_at <= muster_now() and ${notPassedOver(passed_over)}
        order by q.available_at, q.task_id limit ${max}) c
      order by o.priority, o.served_at nulls first, c.available_at, c.task_id limit ${max}`)
  },

  /** Inserts live runs; returns the database's times. */
  open(
    tx: EngineTx,
    runs: readonly NewRun[],
    lease: { readonly lease_ms: number; readonly process_id: string | null },
  ): Promise<Times[]> {
    const { lease_ms, process_id } = lease
    const [organization_ids, run_ids] = columns(runs)
    return tx.rows<Times>(sql`
      insert into worker_live_runs (organization_id, run_id, task_id, project_id, goal_id, agent_id, token, process_id, claimed_by,
        claimed_at, expires_at, deadline_at, read_set, artifact_ids)
      select organization_id, run_id, task_id, project_id, goal_id, agent_id, token, ${process_id}::uuid, claimed_by::json,
        muster_now(), muster_now() + make_interval(secs => ${lease_ms}::float8 / 1000),
        muster_now() + make_interval(secs => timeout_ms / 1000), read_set::json,
        case when artifact_ids is null then '{}' else array(select json_array_elements_text(artifact_ids::json)::uuid) end
      from unnest(${organization_ids}::uuid[], ${run_ids}::uuid[], ${runs.map((run) => run.task_id)}::uuid[],
        ${runs.map((run) => run.project_id)}::uuid[], ${runs.map((run) => run.goal_id)}::uuid[],
        ${runs.map((run) => run.agent_id)}::uuid[], ${runs.map((run) => run.token)}::int[],
        ${runs.map((run) => JSON.stringify(run.claimed_by))}::text[], ${runs.map((run) => run.timeout_ms)}::float8[],
        ${runs.map((run) => JSON.stringify(run.read_set))}::text[],
        ${runs.map((run) => (run.artifact_ids.length > 0 ? JSON.stringify(run.artifact_ids) : null))}::text[])
        as i (organization_id, run_id, task_id, project_id, goal_id, agent_id, token, claimed_by, timeout_ms, read_set, artifact_ids)
      returning run_id, claimed_at, expires_at, deadline_at`)
  },

  /** Live runs of each scope, in the order of the scopes. */
  async countLive(
    tx: Tx,
    scopes: readonly { organization_id: string; scope_kind: string; scope_id: string }[],
  ): Promise<number[]> {
    const rows = await tx.rows<{ live: number }>(sql`
      select (select count(*)::int from worker_live_runs l where l.organization_id = i.organization_id and case i.scope_kind
        when 'organization' then true when 'project' then l.project_id = i.scope_id
        when 'goal' then l.goal_id = i.scope_id when 'agent' then l.agent_id = i.scope_id else false end) as live
      from unnest(${scopes.map((scope) => scope.organization_id)}::uuid[], ${scopes.map((scope) => scope.scope_kind)}::text[],
        ${scopes.map((scope) => scope.scope_id)}::uuid[]) with ordinality as i (organization_id, scope_kind, scope_id, place)
      order by i.place`)
    return rows.map((row) => row.live)
  },

  async end(tx: Tx, endedRuns: readonly EndedRun[]): Promise<string[]> {
    const [organization_ids, run_ids] = columns(endedRuns)
    const rows = await tx.rows<{ id: string }>(sql`
      with ends as (
        select * from unnest(${organization_ids}::uuid[], ${run_ids}::uuid[], ${endedRuns.map((run) => run.token)}::int[], ${endedRuns.map((run) => run.status)}::text[],
          ${endedRuns.map((run) => textOf(run.completed_by))}::text[], ${endedRuns.map((run) => run.output ?? null)}::text[],
          ${endedRuns.map((run) => run.output_sha256 ?? null)}::text[],
          ${endedRuns.map((run) => textOf(run.artifact_ids?.length ? run.artifact_ids : undefined))}::text[],
          ${endedRuns.map((run) => run.confidence ?? null)}::float8[], ${endedRuns.map((run) => textOf(run.usage))}::text[],
          ${endedRuns.map((run) => textOf(run.error))}::text[])
          as i (organization_id, run_id, token, status, completed_by, output, output_sha256, artifact_ids, confidence, usage, error)
      ), ended_runs as (
        delete from worker_live_runs l using ends i, agents_gate_v a
        where l.organization_id = i.organization_id and l.run_id = i.run_id and l.token = i.token
          and a.organization_id = l.organization_id and a.agent_id = l.agent_id and (not a.stopped or i.status <> 'finished')
        returning l.organization_id, l.run_id, l.task_id, l.project_id, l.goal_id, l.agent_id, l.token, l.claimed_by, l.claimed_at, l.read_set,
          i.status, i.completed_by, i.output, i.output_sha256, i.artifact_ids, i.confidence, i.usage, i.error
      )
      insert into worker_runs (organization_id, id, task_id, project_id, goal_id, agent_id, token, status, claimed_by, completed_by,
        claimed_at, ended_at, read_set, output, output_sha256, artifact_ids, confidence, usage, error)
      select organization_id, run_id, task_id, project_id, goal_id, agent_id, token, status, claimed_by, completed_by::json,
        claimed_at, muster_now(), read_set, output::json, output_sha256,
        case when artifact_ids is null then '{}' else array(select json_array_elements_text(artifact_ids::json)::uuid) end,
        confidence, usage::json, error::json
      from ended_runs
      returning id`)
    return rows.map((row) => row.id)
  },

  async enqueueReview(
    tx: Tx,
    runs: readonly Pick<LiveRun, 'organization_id' | 'run_id' | 'task_id' | 'project_id' | 'goal_id'>[],
  ): Promise<void> {
    const [organization_ids, run_ids] = columns(runs)
    await tx.execute(sql`
      insert into worker_review_queue (organization_id, run_id, task_id, project_id, goal_id, available_at)
      select organization_id, run_id, task_id, project_id, goal_id, muster_now()
      from unnest(${organization_ids}::uuid[], ${run_ids}::uuid[], ${runs.map((run) => run.task_id)}::uuid[],
        ${runs.map((run) => run.project_id)}::uuid[], ${runs.map((run) => run.goal_id)}::uuid[])
        as i (organization_id, run_id, task_id, project_id, goal_id)`)
  },

  /** Makes results due that wait for a time in the future, after the clock was put back. */
  clampReviews(tx: EngineTx): Promise<number> {
    return tx.execute(sql`update worker_review_queue set available_at = muster_now() where available_at > muster_now()`)
  },

  /** Milliseconds until the next result is due for judging; null: none waits. */
  async reviewsDueIn(tx: EngineTx): Promise<number | null> {
    const row = await tx.row<{ due_in_ms: number | null }>(sql`
      select (extract(epoch from min(r.available_at) - muster_now()) * 1000)::float8 as due_in_ms from worker_review_queue r
      join projects_gate_v p on p.organization_id = r.organization_id and p.project_id = r.project_id and not p.stopped`)
    return row?.due_in_ms ?? null
  },

  /** Takes results out of the queue; they are judged in the same transaction. Results under an emergency stop stay. */
  takeReviews(tx: Tx, max: number): Promise<RunRef[]> {
    return tx.rows<RunRef>(sql`
      delete from worker_review_queue q using (
        select r.organization_id, r.run_id from worker_review_queue r
        join projects_gate_v p on p.organization_id = r.organization_id and p.project_id = r.project_id and not p.stopped
        join worker_runs e on e.organization_id = r.organization_id and e.id = r.run_id
        join agents_gate_v a on a.organization_id = e.organization_id and a.agent_id = e.agent_id and not a.stopped
        where r.available_at <= muster_now() order by r.available_at limit ${max} for update of r skip locked) w
      where q.organization_id = w.organization_id and q.run_id = w.run_id
      returning q.organization_id, q.run_id`)
  },

  async keepOutputs(tx: Tx, outputs: readonly KeptOutput[]): Promise<void> {
    const [organization_ids, run_ids] = columns(outputs)
    await tx.execute(sql`
      update worker_runs r set output = i.output::json, output_sha256 = i.sha256
      from unnest(${organization_ids}::uuid[], ${run_ids}::uuid[], ${outputs.map((one) => one.output)}::text[],
        ${outputs.map((one) => one.output_sha256)}::text[]) as i (organization_id, run_id, output, sha256)
      where r.organization_id = i.organization_id and r.id = i.run_id`)
  },
}

function notPassedOver(over: readonly PassedOver[]) {
  if (over.length === 0) return fragment`true`
  return fragment`not exists (
    select from unnest(${over.map((one) => one.organization_id)}::uuid[], ${over.map((one) => one.scope_kind)}::text[],
      ${over.map((one) => one.scope_id)}::uuid[], ${over.map((one) => one.goal_id)}::uuid[],
      ${over.map((one) => one.cost_from)}::bigint[], ${over.map((one) => one.tokens_from)}::bigint[])
      as x (organization_id, scope_kind, scope_id, goal_id, cost_from, tokens_from)
    where x.organization_id = q.organization_id and x.scope_id = case x.scope_kind when 'organization' then q.organization_id
        when 'project' then q.project_id when 'goal' then q.goal_id when 'agent' then o.by_agent end
      and (x.goal_id is null or x.goal_id = q.goal_id) and q.cost_micro_usd >= x.cost_from and q.tokens >= x.tokens_from)`
}

function textOf(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value)
}
