import type { Policy } from '@muster/contract/shapes/policies'
import type { Tx } from '../../platform/db/db.ts'

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

export interface ProjectsPort {
  /** Gates of projects; unknown ids are left out. `share` locks them, so that a stop waits for the caller's commit. */
  gates(tx: Tx, refs: readonly ProjectRef[], lock: 'share' | 'none'): Promise<readonly ProjectGate[]>
  /** A version of a project's policy. Versions never change, so they are kept in memory. */
  policy(tx: Tx, ref: ProjectRef, version: number): Promise<Policy>
}
