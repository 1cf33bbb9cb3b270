import type { Json } from '@muster/contract/values'
import type { Brief } from '@muster/contract/worker/briefs'
import type { Tx } from '../../platform/db/db.ts'
import type { Principal } from '../../platform/principal.ts'

/** Content in the blob store. */
export interface Content {
  readonly sha256: string
  readonly size_bytes: number
}

/** Content that a run made, and where it belongs. */
export interface NewArtifact {
  readonly organization_id: string
  readonly project_id: string
  readonly goal_id: string | null
  readonly task_id: string | null
  readonly run_id: string | null
  /** Whose run made it. */
  readonly agent_id: string | null
  /** A file name with its folders below the one that was given; cleaned already. */
  readonly name: string
  readonly type: string
  readonly media_type: string
  readonly content: Content
  /** The version before this one. */
  readonly previous_id: string | null
  readonly human_edited: boolean
  readonly provenance: Json | null
  readonly created_by: Principal
}

type BriefArtifact = Brief['artifacts'][number]

/** An artifact as briefs describe it, with its place. */
export interface DescribedArtifact extends Omit<BriefArtifact, 'artifact_id'> {
  readonly artifact_id: string
  readonly project_id: string
  readonly goal_id: string | null
  readonly run_id: string | null
  readonly agent_id: string | null
  readonly type: string
  readonly version: number
}

/** The content of an artifact in memory. */
export interface ArtifactContent {
  readonly artifact_id: string
  readonly name: string
  readonly media_type: string
  readonly sha256: string
  readonly bytes: Uint8Array
}

/** One edge of artifact lineage: a source that a run's result was made from. */
export interface LineageEntry {
  readonly organization_id: string
  readonly run_id: string
  /** Of the result. */
  readonly sha256: string
  readonly source_kind: 'artifact' | 'result'
  /** An artifact, or the run whose inline result it was. */
  readonly source_id: string
  /** `input`: handed out to the run. `source`: the result carries text taken from it. */
  readonly relation: 'input' | 'source'
}

/** One file of a zip: content of the store, or a text made on the way. */
export type BundleFile = { readonly name: string } & (
  | { readonly media_type: string; readonly sha256: string }
  | { readonly text: string }
)

/** What other modules may ask of artifacts. Unknown ids, and those of other organizations, are left out of answers. */
export interface ArtifactsPort {
  /** Puts content into the blob store, outside of any transaction; a row that names it must follow within the hour. */
  keep(organization_id: string, content: Uint8Array | AsyncIterable<Uint8Array>): Promise<Content>
  /** Writes rows for content that is kept, with their events; returns their ids in the same order. */
  put(tx: Tx, artifacts: readonly NewArtifact[]): Promise<readonly string[]>
  /** In the order of the ids. */
  describe(tx: Tx, organization_id: string, ids: readonly string[]): Promise<readonly DescribedArtifact[]>
  /** Artifacts with their whole content, for small reads. In the order of the ids. */
  content(tx: Tx, organization_id: string, ids: readonly string[]): Promise<readonly ArtifactContent[]>
  /** What runs of a goal made, and what was uploaded for it, oldest first. */
  ofGoal(tx: Tx, organization_id: string, goal_id: string): Promise<readonly DescribedArtifact[]>
  /** Records lineage of results; an edge that exists stays. */
  recordLineage(tx: Tx, entries: readonly LineageEntry[]): Promise<void>
  /** What the results of runs were made from. */
  lineageOf(tx: Tx, organization_id: string, run_ids: readonly string[]): Promise<readonly LineageEntry[]>
  /** A zip file as a stream. Names that come twice are told apart. */
  bundle(organization_id: string, files: readonly BundleFile[]): AsyncIterable<Uint8Array>
}

/** Knows artifacts that agents may read though their own runs did not make them. */
export interface ArtifactGrants {
  /** Which of the artifacts were handed out to the agent's live runs. */
  handedOut(
    tx: Tx,
    organization_id: string,
    what: { readonly agent_id: string; readonly artifact_ids: readonly string[] },
  ): Promise<ReadonlySet<string>>
}

/** The artifacts that a value names, such as the input of a task: as `artifact_id`, or in a list `artifact_ids`. */
export function artifactIdsIn(input: unknown): string[] {
  const ids = new Set<string>()
  const stack: unknown[] = [input]
  while (stack.length > 0) {
    const next = stack.pop()
    if (typeof next !== 'object' || next === null) continue
    for (const [key, value] of Object.entries(next)) {
      if (key === 'artifact_id' && typeof value === 'string') ids.add(value)
      else if (key === 'artifact_ids' && Array.isArray(value))
        for (const id of value) if (typeof id === 'string') ids.add(id)
      if (typeof value === 'object') stack.push(value)
    }
  }
  return [...ids].filter((id) => /^[0-9a-f-]{36}$/.test(id))
}
