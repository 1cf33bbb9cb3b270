import type { ClaimedRun } from '@muster/contract/shapes/runs'
import type { Caller } from '../../platform/caller.ts'
import type { TenantTx, Tx } from '../../platform/db/db.ts'
import type { Door } from '../../platform/db/door.ts'
import type { Dispatch } from '../../platform/dispatch/dispatch.ts'
import type { Assignment } from './runtime.types.ts'
import type { Worker } from './worker.service.ts'

export type BriefArtifact = Omit<ClaimedRun['brief']['artifacts'][number], 'artifact_id'> & { readonly artifact_id: string }

export interface RemoteParts {
  readonly door: Door
  readonly dispatch: Dispatch
  readonly worker: Worker
  readonly agents: {
    find(tx: Tx, organization_id: string, ref: string): Promise<string | undefined>
    /** Notes that the agent was here just now. */
    seen(tx: TenantTx, refs: readonly { readonly organization_id: string; readonly agent_id: string }[]): Promise<void>
  }
  readonly artifacts: {
    describe(tx: Tx, organization_id: string, ids: readonly string[]): Promise<readonly BriefArtifact[]>
  }
  /** What the tasks are, for results that come back from outside. */
  readonly tasks: (tx: Tx, organization_id: string, task_id: string) => Promise<Assignment['task'] | undefined>
}

/** A key with an agent works for that agent; another key for what it claimed itself or may work for. */
export function owns(caller: Caller, run: { readonly agent_id: string }): boolean {
  return caller.agent_id === null || caller.agent_id === run.agent_id
}

