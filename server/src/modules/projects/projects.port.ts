import type { Policy } from '@muster/contract/projects/policies'
import type { stop, stopScopes } from '@muster/contract/projects/stops'
import type { Data } from '@muster/contract/values'
import type { z } from 'zod'
import type { Tx } from '../../platform/db/db.ts'
import type { Principal } from '../../platform/principal.ts'

/** Names a project. */
export interface ProjectRef {
  readonly organization_id: string
  readonly project_id: string
}

/** The gate of a project: what claims, commits and planning test. */
export interface ProjectGate extends ProjectRef {
  readonly status: 'active' | 'paused'
  /** An emergency stop of the project or of its organization is in force. */
  readonly stopped: boolean
  readonly policy_version: number
  readonly oversight: 'low' | 'medium' | 'high'
}

/** The scope of an emergency stop. */
export interface StopScope {
  readonly organization_id: string
  readonly kind: (typeof stopScopes)[number]
  readonly id: string
}

/** A stop as the API gives it. */
export type StopRecord = Data<z.input<typeof stop>>

/** What others may ask of projects: gates, policies and emergency stops. */
export interface ProjectsPort {
  /** Gates of projects; unknown ids are left out. `share` locks them, so that a stop waits for the caller's commit. */
  gates(tx: Tx, refs: readonly ProjectRef[], lock: 'share' | 'none'): Promise<readonly ProjectGate[]>
  /** A version of a project's policy. Versions never change, so they are kept in memory. */
  policy(tx: Tx, ref: ProjectRef, version: number): Promise<Policy>
  /** The gate of one project and its policy in force. Throws `not_found`. */
  inForce(tx: Tx, ref: ProjectRef): Promise<{ readonly gate: ProjectGate; readonly policy: Policy }>
  /**
   * The record of emergency stops of every scope; the owner of a scope sets its own flag beside it. Raising a stop that
   * is in force returns that one; lifting none returns undefined.
   */
  readonly stops: {
    raise(tx: Tx, scope: StopScope, how: { readonly reason: string; readonly actor: Principal }): Promise<StopRecord>
    lift(tx: Tx, scope: StopScope, actor: Principal): Promise<StopRecord | undefined>
    /** Which of the scopes have a stop of their own in force, by their ids. */
    inForce(tx: Tx, scopes: readonly StopScope[]): Promise<ReadonlySet<string>>
  }
}

/** Something that is counted by the days of a project, which begin at midnight of its time zone. */
export interface ProjectDays {
  /** The project's days are those of another zone from now on. Joins the transaction that changes it. */
  changeZone(tx: Tx, change: ProjectRef & { readonly time_zone: string }): Promise<void>
}
