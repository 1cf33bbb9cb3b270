import type { Policy } from '@muster/contract/projects/policies'
import type { stop, stopScopes } from '@muster/contract/projects/stops'
import type { Data } from '@muster/contract/values'
import type { z } from 'zod'
import type { Tx } from '../../platform/db/db.ts'
import type { Actor } from '../../platform/journal/events.ts'

export interface ProjectRef {
  readonly organization_id: string
  readonly project_id: string
}

/** What claim, commit and planning test of a project. */
export interface ProjectGate extends ProjectRef {
  readonly status: 'active' | 'paused'
  /** An emergency stop of the project or of its organization is in force. */
  readonly stopped: boolean
  readonly policy_version: number
  readonly oversight: 'low' | 'medium' | 'high'
}

/** What an emergency stop is over. */
export interface StopScope {
  readonly organization_id: string
  readonly kind: (typeof stopScopes)[number]
  readonly id: string
}

/** A stop as the API gives it. */
export type StopRecord = Data<z.input<typeof stop>>

export interface ProjectsPort {
  /** Gates of projects; unknown ids are left out. `share` locks them, so that a stop waits for the caller's commit. */
  gates(tx: Tx, refs: readonly ProjectRef[], lock: 'share' | 'none'): Promise<readonly ProjectGate[]>
  /** A version of a project's policy. Versions never change, so they are kept in memory. */
  policy(tx: Tx, ref: ProjectRef, version: number): Promise<Policy>
  /** The gate of one project and its policy in force. Throws `not_found`. */
  inForce(tx: Tx, ref: ProjectRef): Promise<{ readonly gate: ProjectGate; readonly policy: Policy }>
  /**
   * The book of emergency stops, for every scope; whoever owns the scope sets its own flag beside it. Raising what is
   * raised gives the stop in force; lifting what is not gives undefined.
   */
  readonly stops: {
    raise(tx: Tx, scope: StopScope, how: { readonly reason: string; readonly actor: Actor }): Promise<StopRecord>
    lift(tx: Tx, scope: StopScope, actor: Actor): Promise<StopRecord | undefined>
    /** Which of the scopes have a stop of their own in force, by their ids. */
    inForce(tx: Tx, scopes: readonly StopScope[]): Promise<ReadonlySet<string>>
  }
}
