import type { LogLine } from '@muster/contract/runtimes/logs'
import type { EngineTx, Tx } from '../../../platform/db/db.ts'
import { fragment, sql } from '../../../platform/db/sql.ts'
import { newId } from '../../../platform/ids.ts'
import type { ClaimingKey } from '../../identity/identity.port.ts'
import type { ScopedTaskRef } from '../../planner/planner.port.ts'
import type { EndedResult, LiveRun, RunRef } from '../worker.port.ts'

export interface LeaseRow extends ScopedTaskRef {
  readonly run_id: string
  readonly token: number
  readonly agent_id: string
}

/** A lease that the sweeper ends. */
export interface SweptRow extends LeaseRow {
  /** Whether its usage cannot be known. */
  readonly is_uncounted: boolean
}

const is_uncounted = fragment`coalesce(a.runtime = 'cli' and not a.metered, false)`

export interface LoggedLine extends RunRef, LogLine {
  readonly task_id: string
}

export interface Beat extends RunRef {
  readonly token: number
  readonly progress?: number | undefined
}

/** Statements of leases: extending them, and finding those to be ended. */
export const leaseStore = {
  /** Extends leases; a run that is missing from the answer has ended or is held under another token. */
  extend(tx: Tx, beats: readonly Beat[], lease_ms: number): Promise<{ run_id: string; expires_at: string }[]> {
    return tx.rows(sql`
      update worker_live_runs l set expires_at = muster_now() + make_interval(secs => ${lease_ms}::float8 / 1000),
        progress = coalesce(to_json(i.progress), l.progress)
      from unnest(${beats.map((beat) => beat.organization_id)}::uuid[], ${beats.map((beat) => beat.run_id)}::uuid[],
        ${beats.map((beat) => beat.token)}::int[], ${beats.map((beat) => beat.progress ?? null)}::float8[])
        as i (organization_id, run_id, token, progress)
      where l.organization_id = i.organization_id and l.run_id = i.run_id and l.token = i.token
      returning l.run_id, l.expires_at`)
  },

  /** Shortens leases and deadlines that lie too far in the future, after the clock was put back. */
  clampTimes(tx: EngineTx, lease_ms: number): Promise<number> {
    return tx.execute(sql`
      update worker_live_runs set expires_at = least(expires_at, muster_now() + ${lease_ms} * interval '1 millisecond'),
        deadline_at = least(deadline_at, muster_now() + (deadline_at - claimed_at))
      where claimed_at > muster_now() or expires_at > muster_now() + ${lease_ms} * interval '1 millisecond'`)
  },

  /**
   * Moves leases along after the clock was put forward, since their holders are alive. Done once, whatever the number
   * of processes.
   */
  shiftTimes(tx: EngineTx, { forward_ms, lease_ms }: { forward_ms: number; lease_ms: number }): Promise<number> {
    return tx.execute(sql`
      update worker_live_runs set expires_at = muster_now() + ${lease_ms} * interval '1 millisecond',
        deadline_at = deadline_at + ${forward_ms} * interval '1 millisecond'
      where expires_at <= muster_now()`)
  },

  /** 0 where there are leases that could be lost; null: there are none. */
  async sweepDueIn(tx: EngineTx): Promise<number | null> {
    const row = await tx.row<{ any: boolean }>(sql`select exists(select from worker_live_runs) as any`)
    return row?.any ? 0 : null
  },

  /**
   * 0 where tasks wait to be claimed in an active project, whether or not there is an agent for them; null: none waits.
   */
  async claimDueIn(tx: EngineTx): Promise<number | null> {
    const row = await tx.row<{ any: boolean }>(sql`
      select exists(select from planner_ready_v r
        join projects_gate_v p on p.organization_id = r.organization_id and p.project_id = r.project_id
          and p.status = 'active' and not p.stopped) as any`)
    return row?.any ? 0 : null
  },

  /** Leases without a heartbeat: expired, or of a dead process. Without locks: `stillLost` decides. */
  lost(tx: EngineTx, deadProcessIds: readonly string[], max: number): Promise<LeaseRow[]> {
    return tx.rows<LeaseRow>(sql`
      select organization_id, task_id, project_id, goal_id, run_id, token, agent_id from worker_live_runs
      where expires_at <= muster_now() or process_id = any(${deadProcessIds}::uuid[])
      order by organization_id, task_id limit ${max}`)
  },

  async stillLost(tx: EngineTx, leases: readonly LeaseRow[], deadProcessIds: readonly string[]): Promise<Set<string>> {
    const rows = await tx.rows<{ run_id: string }>(sql`
      select l.run_id
      from unnest(${leases.map((lease) => lease.organization_id)}::uuid[], ${leases.map((lease) => lease.run_id)}::uuid[]) as i (organization_id, run_id)
      join worker_live_runs l on l.organization_id = i.organization_id and l.run_id = i.run_id
      where l.expires_at <= muster_now() or l.process_id = any(${deadProcessIds}::uuid[])
      order by l.organization_id, l.run_id for update of l`)
    return new Set(rows.map((row) => row.run_id))
  },

  /** Leases of runs past their deadline, whatever their heartbeats: remote agents have clocks of their own. */
  overdue(tx: EngineTx, grace_ms: number, max: number): Promise<(SweptRow & { timeout_ms: number })[]> {
    return tx.rows(sql`
      select l.organization_id, l.task_id, l.project_id, l.goal_id, l.run_id, l.token, l.agent_id, ${is_uncounted} as is_uncounted,
        (extract(epoch from l.deadline_at - l.claimed_at) * 1000)::int as timeout_ms
      from worker_live_runs l left join agents_gate_v a on a.organization_id = l.organization_id and a.agent_id = l.agent_id
      where l.deadline_at <= muster_now() - make_interval(secs => ${grace_ms}::float8 / 1000)
      order by l.organization_id, l.task_id limit ${max}`)
  },

  /** Leases whose project, organization or agent is under an emergency stop. */
  stopped(tx: EngineTx, max: number): Promise<SweptRow[]> {
    return tx.rows<SweptRow>(sql`
      select l.organization_id, l.task_id, l.project_id, l.goal_id, l.run_id, l.token, l.agent_id, ${is_uncounted} as is_uncounted
      from worker_live_runs l
      join projects_gate_v p on p.organization_id = l.organization_id and p.project_id = l.project_id
      join agents_gate_v a on a.organization_id = l.organization_id and a.agent_id = l.agent_id
      where p.stopped or a.stopped order by l.organization_id, l.task_id limit ${max}`)
  },

  /** The live runs of tasks. */
  ofTasks(tx: Tx, refs: readonly ScopedTaskRef[]): Promise<LeaseRow[]> {
    return tx.rows<LeaseRow>(sql`
      select l.organization_id, l.task_id, l.project_id, l.goal_id, l.run_id, l.token, l.agent_id
      from unnest(${refs.map((ref) => ref.organization_id)}::uuid[], ${refs.map((ref) => ref.task_id)}::uuid[]) as i (organization_id, task_id)
      join worker_live_runs l on l.organization_id = i.organization_id and l.task_id = i.task_id and l.kind = 'work'`)
  },

  run(tx: Tx, organization_id: string, run_id: string): Promise<LiveRun | undefined> {
    return tx.row<LiveRun>(sql`
      select organization_id, run_id, task_id, project_id, goal_id, agent_id, token, claimed_by, claimed_at, expires_at,
        deadline_at, read_set
      from worker_live_runs where organization_id = ${organization_id} and run_id = ${run_id}`)
  },

  /** A key in force with which the runs that it claims may call models; an agent's key always may. */
  claimingKey(tx: Tx, organization_id: string, key_id: string): Promise<ClaimingKey | undefined> {
    return tx.row<ClaimingKey>(sql`
      select key_id, model_requests_per_minute, model_tokens_per_minute from identity_keys_v
      where organization_id = ${organization_id} and key_id = ${key_id}
        and (agent_id is not null or 'models:use' = any(permissions))`)
  },

  /** Of the artifacts, those that the briefs of an agent's live runs name. */
  async handedOut(
    tx: Tx,
    organization_id: string,
    what: { agent_id: string; artifact_ids: readonly string[] },
  ): Promise<Set<string>> {
    const rows = await tx.rows<{ id: string }>(sql`
      select distinct a.id from worker_live_runs l cross join lateral unnest(l.artifact_ids) as a (id)
      where l.organization_id = ${organization_id} and l.agent_id = ${what.agent_id} and a.id = any(${what.artifact_ids}::uuid[])`)
    return new Set(rows.map((row) => row.id))
  },

  /** Sizes of the queues and of the live runs, over all organizations. */
  async depths(
    tx: EngineTx,
  ): Promise<Readonly<Record<'task_queue' | 'review_queue' | 'hitl_queue' | 'live_runs', number>>> {
    const row = await tx.row<Record<'task_queue' | 'review_queue' | 'hitl_queue' | 'live_runs', number>>(sql`
      select (select count(*)::int from planner_ready_v) as task_queue, (select count(*)::int from worker_review_queue) as review_queue,
        (select count(*)::int from approvals_waiting_v) as hitl_queue, (select count(*)::int from worker_live_runs) as live_runs`)
    return row ?? { task_queue: 0, review_queue: 0, hitl_queue: 0, live_runs: 0 }
  },

  async countByAgent(tx: Tx, organization_id: string, agent_ids: readonly string[]): Promise<Map<string, number>> {
    const rows = await tx.rows<{ agent_id: string; live: number }>(sql`
      select agent_id, count(*)::int as live from worker_live_runs
      where organization_id = ${organization_id} and agent_id = any(${agent_ids}::uuid[]) group by 1`)
    return new Map(rows.map((row) => [row.agent_id, row.live]))
  },

  /** A run that has ended, with its result. */
  endedRun(tx: Tx, organization_id: string, run_id: string): Promise<EndedResult | undefined> {
    return tx.row<EndedResult>(sql`
      select r.organization_id, r.id as run_id, r.task_id, r.project_id, r.goal_id, r.agent_id, r.token, r.status, r.claimed_by,
        r.completed_by, r.claimed_at, r.ended_at, r.read_set, r.output::text as output, r.output_sha256, r.artifact_ids,
        r.confidence, r.usage, r.error
      from worker_runs r where r.organization_id = ${organization_id} and r.id = ${run_id}`)
  },

  log(tx: Tx, { organization_id, task_id, run_id }: LiveRun, lines: readonly LogLine[]): Promise<void> {
    return this.logAll(
      tx,
      lines.map((line) => ({ organization_id, task_id, run_id, ...line })),
    )
  },

  /** Lines of any runs, in their order. */
  async logAll(tx: Tx, lines: readonly LoggedLine[]): Promise<void> {
    await tx.execute(sql`
      insert into worker_run_logs (organization_id, id, task_id, run_id, at, level, text)
      select * from unnest(${lines.map((line) => line.organization_id)}::uuid[], ${lines.map(() => newId())}::uuid[],
        ${lines.map((line) => line.task_id)}::uuid[], ${lines.map((line) => line.run_id)}::uuid[],
        ${lines.map((line) => line.at)}::timestamptz[], ${lines.map((line) => line.level)}::text[],
        ${lines.map((line) => line.text)}::text[])`)
  },

  logs(
    tx: Tx,
    organization_id: string,
    at: { task_id: string; after: string; limit: number },
  ): Promise<{ id: string; run_id: string; at: string; level: LogLine['level']; text: string }[]> {
    return tx.rows(sql`
      select id, run_id, at, level, text from worker_run_logs
      where organization_id = ${organization_id} and task_id = ${at.task_id} and id > ${at.after}
      order by id limit ${at.limit}`)
  },
}
