import type { JsonObject } from '@muster/contract/values'
import type { EngineTx } from '../db/db.ts'
import { type Fragment, fragment, sql } from '../db/sql.ts'
import type { JobKind, JobRef, LeasedJob } from './job-kind.ts'

type Kind = JobKind<JsonObject>

/** A job as it was claimed; nobody has looked at its payload yet. */
export interface ClaimedJob extends Omit<LeasedJob<unknown>, 'payload'> {
  readonly payload: unknown
  /** How many leases have ended without an answer: their processes died, or lost the database. */
  readonly leases_lost: number
}

export type Lease = JobRef & Pick<ClaimedJob, 'lease_token'>

const isLeasedTo = (kind: Pick<Kind, 'name'>, { organization_id, key, lease_token }: Lease): Fragment =>
  fragment`organization_id = ${organization_id} and kind = ${kind.name} and key = ${key} and lease_token = ${lease_token}`

const after = (ms: number): Fragment => fragment`muster_now() + ${ms} * interval '1 millisecond'`

const nobody = '00000000-0000-0000-0000-000000000000'

export interface ClaimOptions {
  readonly max: number
  /** The organization that had the last turn; absent: the first in order begins. */
  readonly last_served?: string | undefined
}

const isLive = ({ name }: Pick<Kind, 'name'>): Fragment => fragment`j.kind = ${name} and j.dead_at is null`

const isDue = (kind: Kind): Fragment => fragment`${isLive(kind)} and j.due_at <= muster_now() and ${mayRun(kind)}`

const mayRun = ({ may_run }: Pick<Kind, 'may_run'>): Fragment => may_run ?? fragment`true`

interface BuriedJob {
  readonly lease: Lease
  readonly error: string
  /** Nobody has said what becomes of its subject. */
  readonly is_abandoned?: boolean
}

/**
 * Statements of leases on jobs. Every lease has a token of its own, so that a late writer changes nothing even where the
 * job was dropped and put again meanwhile.
 */
export const jobLeases = {
  /**
   * Claims jobs that are due, or whose lease has ended; two claimers never get the same. Organizations take turns: first the
   * oldest job of each, beginning behind `last_served`, then the second of each and so on, so that many jobs of one hold
   * those of another up by one turn. It steps from organization to organization through the index `jobs_turns`, and stops
   * where enough of them have a job that nobody else is claiming. Where nothing is due, it does not begin.
   */
  async claim(tx: EngineTx, kind: Kind, { max, last_served = nobody }: ClaimOptions): Promise<ClaimedJob[]> {
    const rows = await tx.rows<ClaimedJob & { readonly place: number }>(sql`
      with recursive any_due as (
        select 1 from jobs j where ${isDue(kind)} limit 1
      ), later as (
        (select j.organization_id, 1 as turn from jobs j
          where exists (select from any_due) and ${isLive(kind)} and j.organization_id > ${last_served}::uuid
          order by j.organization_id limit 1)
        union all
        select n.organization_id, l.turn + 1 from later l cross join lateral (select j.organization_id from jobs j
          where ${isLive(kind)} and j.organization_id > l.organization_id order by j.organization_id limit 1) n
      ), earlier as (
        (select j.organization_id, 1 as turn from jobs j
          where exists (select from any_due) and ${isLive(kind)} and j.organization_id <= ${last_served}::uuid
          order by j.organization_id limit 1)
        union all
        select n.organization_id, e.turn + 1 from earlier e cross join lateral (select j.organization_id from jobs j
          where ${isLive(kind)} and j.organization_id > e.organization_id and j.organization_id <= ${last_served}::uuid
          order by j.organization_id limit 1) n
      ), turns as (
        select o.organization_id, o.lap, o.turn
        from (select organization_id, 1 as lap, turn from later union all select organization_id, 2, turn from earlier) o
        cross join lateral (select from jobs j where ${isDue(kind)} and j.organization_id = o.organization_id
          limit 1 for update of j skip locked) first
        limit ${max}
      ), candidates as (
        select t.lap, t.turn, c.organization_id, c.key, c.due_at,
          row_number() over (partition by c.organization_id order by c.due_at, c.key) as round
        from turns t cross join lateral (select j.organization_id, j.key, j.due_at from jobs j
          where ${isDue(kind)} and j.organization_id = t.organization_id
          order by j.due_at limit ${max} for update of j skip locked) c
      ), due as (
        select organization_id, key, row_number() over (order by round, lap, turn) as place from candidates
        order by round, lap, turn limit ${max}
      )
      update jobs w set leases_lost = w.leases_lost + (w.lease_token is not null)::int, lease_token = gen_random_uuid(),
        due_at = ${after(kind.lease_ms)}
      from due where w.organization_id = due.organization_id and w.kind = ${kind.name} and w.key = due.key
      returning w.organization_id, w.key, w.project_id, w.payload, w.attempts, w.leases_lost, w.lease_token,
        due.place::int as place`)
    return rows.sort((one, other) => one.place - other.place).map(({ place: _, ...job }) => job)
  },

  /** Milliseconds until the next job of the kind is due; null: there is none. */
  async dueIn(tx: EngineTx, kind: Kind): Promise<number | null> {
    const row = await tx.row<{ due_in_ms: number | null }>(sql`
      select (extract(epoch from min(j.due_at) - muster_now()) * 1000)::float8 as due_in_ms from jobs j
      where j.kind = ${kind.name} and j.dead_at is null and ${mayRun(kind)}`)
    return row?.due_in_ms ?? null
  },

  /** Says whether the caller still had the lease. */
  async renew(tx: EngineTx, kind: Kind, lease: Lease): Promise<boolean> {
    return (
      (await tx.execute(sql`update jobs set due_at = ${after(kind.lease_ms)} where ${isLeasedTo(kind, lease)}`)) > 0
    )
  },

  /** Gives the lease back; this counts as no attempt. */
  async release(tx: EngineTx, kind: Kind, lease: Lease): Promise<void> {
    await tx.execute(sql`update jobs set lease_token = null, due_at = muster_now() where ${isLeasedTo(kind, lease)}`)
  },

  /** Ends a failed attempt; another one may follow after `wait_ms`. */
  async retry(
    tx: EngineTx,
    kind: Kind,
    { lease, error, wait_ms }: { readonly lease: Lease; readonly error: string; readonly wait_ms: number },
  ): Promise<void> {
    await tx.execute(sql`
      update jobs set lease_token = null, attempts = attempts + 1, last_error = ${error}, due_at = ${after(wait_ms)}
      where ${isLeasedTo(kind, lease)}`)
  },

  /** Makes the job a dead one, which stays to be looked at and is not tried again. Says whether the caller had the lease. */
  async bury(tx: EngineTx, kind: Kind, { lease, error, is_abandoned = false }: BuriedJob): Promise<boolean> {
    const count = await tx.execute(sql`
      update jobs set lease_token = null, attempts = attempts + 1, dead_at = muster_now(), abandoned = ${is_abandoned},
        last_error = case when ${is_abandoned} then concat_ws('; ', last_error, ${error}::text) else ${error}::text end
      where ${isLeasedTo(kind, lease)}`)
    return count > 0
  },

  /** Brings waits that lie too far in the future back, after the clock was put back. */
  clampTimes(tx: EngineTx, kind: Kind): Promise<number> {
    const longest_ms = Math.max(kind.lease_ms, ...kind.backoff_ms)
    return tx.execute(sql`
      update jobs set due_at = muster_now() where kind = ${kind.name} and dead_at is null and due_at > ${after(longest_ms)}`)
  },
}
