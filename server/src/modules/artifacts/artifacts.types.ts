import type { Principal } from '../../platform/principal.ts'
import type { NewArtifact } from './artifacts.port.ts'

/** An artifact as its row has it. */
export interface ArtifactRow extends Omit<NewArtifact, 'content'> {
  readonly id: string
  readonly size_bytes: number
  readonly sha256: string
  readonly version: number
  readonly created_by: Principal
  readonly created_at: string
}

export interface ArtifactFilter {
  readonly project_id?: string | undefined
  readonly goal_id?: string | undefined
  readonly task_id?: string | undefined
  readonly run_id?: string | undefined
  readonly agent_id?: string | undefined
  readonly type?: string | undefined
  /** Part of the name. */
  readonly q?: string | undefined
}

/** `parent` was used to make `child`. */
export interface EdgeRow {
  readonly parent_id: string
  readonly child_id: string
  readonly relation: 'input' | 'version' | 'edit' | 'source'
  readonly run_id: string | null
}
