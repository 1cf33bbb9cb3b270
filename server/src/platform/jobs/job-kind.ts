import type { JsonObject } from '@muster/contract/values'
import type { z } from 'zod'
import type { Fragment } from '../db/sql.ts'

/**
 * A kind of queued jobs, as the module that does them declares it. A payload holds ids and what they do not lead to;
 * what it must know besides, a job reads when it runs.
 */
export interface JobKind<Payload extends JsonObject> {
  /** `module.nouns`, such as `planner.plan_requests`. */
  readonly name: string
  readonly payload: z.ZodType<Payload>
  /** Renewed while the job runs; after it another process may take the job over. */
  readonly lease_ms: number
  /** How many of this kind one process runs at once. */
  readonly at_once_max: number
  /** After so many failed attempts the job is dead. */
  readonly attempts_max: number
  /** How long the first, second … failed attempt is followed by a wait; the last one counts for all further ones. */
  readonly backoff_ms: readonly number[]
  /** SQL over a row `j` of `jobs`: whether it may be claimed now. Absent: always. */
  readonly may_run?: Fragment
}

/** Which job of its kind. */
export interface JobRef {
  readonly organization_id: string
  /** There is at most one job of a kind and key. */
  readonly key: string
}

export interface NewJob<Payload extends JsonObject> extends JobRef {
  /** The project it belongs to, if it belongs to one. */
  readonly project_id: string | null
  readonly payload: Payload
}

/** A job that this process has leased. */
export interface LeasedJob<Payload> extends JobRef {
  readonly project_id: string | null
  readonly payload: Payload
  /** How many attempts have failed before. */
  readonly attempts: number
  /** The fencing token of the lease: a write under another one changes nothing. */
  readonly lease_token: string
}
