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

type Lease = JobRef & Pick<ClaimedJob, 'lease_token'>

const isLeasedTo = (kind: Pick<Kind, 'name'>, { organization_id, key, lease_token }: Lease): Fragment =>
  fragment`organization_id = ${organization_id} and kind = ${kind.name} and key = ${key} and lease_token = ${lease_token}`

const after = (ms: number): Fragment => fragment`muster_now() + ${ms} * interval '1 millisecond'`

const mayRun = ({ may_run }: Pick<Kind, 'may_run'>): Fragment => may_run ?? fragment`true`

/**
 * Statements of leases on jobs. Every lease has a token of its own, so that a late writer changes nothing even where the
 * job was dropped and put again meanwhile.
 */
export const jobLeases = {
  /** Claims jobs that are due, or whose lease has ended; two claimers never get the same. */
  claim(tx: EngineTx, kind: Kind, max: number): Promise<ClaimedJob[]> {
    return tx.rows<ClaimedJob>(sql`
      update jobs w set leases_lost = w.leases_lost + (w.lease_token is not null)::int, lease_token = gen_random_uuid(),
        due_at = ${after(kind.lease_ms)}
      from (select j.organization_id, j.key from jobs j
        where j.kind = ${kind.name} and j.dead_at is null and j.due_at <= muster_now() and ${mayRun(kind)}
        order by j.due_at limit ${max} for update of j skip locked) due
      where w.organization_id = due.organization_id and w.kind = ${kind.name} and w.key = due.key
      returning w.organization_id, w.key, w.project_id, w.payload, w.attempts, w.leases_lost, w.lease_token`)
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
  async bury(
    tx: EngineTx,
    kind: Kind,
    { lease, error }: { readonly lease: Lease; readonly error: string },
  ): Promise<boolean> {
    const count = await tx.execute(sql`
      update jobs set lease_token = null, attempts = attempts + 1, last_error = ${error}, dead_at = muster_now()
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
