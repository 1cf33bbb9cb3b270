import type { JsonObject } from '@muster/contract/values'
import type { Tx } from '../db/db.ts'
import { sql } from '../db/sql.ts'
import { commitKillPoints } from '../kill-points.ts'
import type { JobKind, JobRef, LeasedJob, NewJob } from './job-kind.ts'

const completionKillPoint = commitKillPoints('jobs.complete')

/**
 * The queue of work that takes longer than a transaction may, such as calls of models: the half that modules write to,
 * in their own transactions. `createJobWorker` does the jobs. Why it is like this: docs/decisions/0006.
 */
export const jobQueue = {
  /** Puts jobs into the queue. Where there is one of the same key it stays as it is, unless it is dead: then it is new. */
  async put<Payload extends JsonObject>(
    tx: Tx,
    { name }: JobKind<Payload>,
    jobs: readonly NewJob<Payload>[],
  ): Promise<void> {
    if (jobs.length === 0) return
    await tx.execute(sql`
      insert into jobs (organization_id, kind, key, project_id, payload)
      select i.organization_id, ${name}::text, i.key, i.project_id, i.payload
      from unnest(${jobs.map((job) => job.organization_id)}::uuid[], ${jobs.map((job) => job.key)}::text[],
        ${jobs.map((job) => job.project_id)}::uuid[], ${jobs.map((job) => JSON.stringify(job.payload))}::jsonb[])
        as i (organization_id, key, project_id, payload)
      on conflict (organization_id, kind, key) do update set project_id = excluded.project_id, payload = excluded.payload,
        due_at = excluded.due_at, created_at = excluded.created_at, attempts = 0, leases_lost = 0, last_error = null,
        dead_at = null, abandoned = false
      where jobs.dead_at is not null`)
  },

  /** Changes fields of the payload, also while the job runs: `complete` gives the payload as it stands then. */
  async amend<Payload extends JsonObject>(
    tx: Tx,
    { name }: JobKind<Payload>,
    { organization_id, key, payload }: JobRef & { readonly payload: Partial<Payload> },
  ): Promise<void> {
    await tx.execute(sql`
      update jobs set payload = payload || ${JSON.stringify(payload)}::jsonb
      where organization_id = ${organization_id} and kind = ${name} and key = ${key}`)
  },

  /** Removes a job, dead or not: what it would do is not wanted any more. Where it runs, its result is refused. */
  async drop(tx: Tx, { name }: Pick<JobKind<JsonObject>, 'name'>, { organization_id, key }: JobRef): Promise<void> {
    await tx.execute(sql`
      delete from jobs where organization_id = ${organization_id} and kind = ${name} and key = ${key}`)
  },

  /**
   * Ends a job that is done, in the transaction that writes its result: undefined where another process has its lease
   * or it was dropped, and then nothing may be written. Gives the payload as it stands now.
   */
  async complete<Payload extends JsonObject>(
    tx: Tx,
    kind: JobKind<Payload>,
    { organization_id, key, lease_token }: LeasedJob<Payload>,
  ): Promise<Payload | undefined> {
    const row = await tx.row<{ payload: unknown }>(sql`
      delete from jobs where organization_id = ${organization_id} and kind = ${kind.name} and key = ${key}
        and lease_token = ${lease_token} returning payload`)
    if (row) completionKillPoint(tx)
    return row && kind.payload.parse(row.payload)
  },
}
