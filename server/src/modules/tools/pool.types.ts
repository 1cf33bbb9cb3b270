/** The messages between the pool, its threads and its callers. */
import type { Json } from '@muster/contract/values'
import type { ArtifactContent, CapabilityErrorCode } from './tools.port.ts'

export interface LoadedArtifact extends ArtifactContent {
  readonly artifact_id: string
}

export interface Job {
  readonly capability: string
  readonly input: unknown
  readonly artifacts: readonly LoadedArtifact[]
}

export type Answer =
  | { readonly ok: true; readonly output: Json }
  | { readonly ok: false; readonly code: CapabilityErrorCode; readonly message: string; readonly retryable: boolean }

export interface Pool extends AsyncDisposable {
  /** @throws CapabilityError of the work itself; `cancelled`; `unavailable` when the queue is full or the thread died. */
  run(job: Job, signal: AbortSignal): Promise<Json>
}
