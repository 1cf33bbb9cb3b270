import type { Difference } from '@muster/contract/state/documents'
import type { Json } from '@muster/contract/values'
import type { Tx } from '../../platform/db/db.ts'
import type { Principal } from '../../platform/principal.ts'

/** Names a document. */
export interface DocumentRef {
  readonly organization_id: string
  readonly scope: 'project' | 'agent'
  /** The project or the agent. */
  readonly scope_id: string
  readonly document: string
}

/** A document as it was handed out: version 0 is "absent". Tested at the commit unless `may_move`. */
export interface ReadVersion extends Omit<DocumentRef, 'organization_id'> {
  readonly version: number
  readonly may_move?: boolean | undefined
}

/** A document in one version. */
export interface DocumentValue extends DocumentRef {
  readonly version: number
  readonly value: Json
}

/** An operation with its value filled in. `path` is a JSON Pointer into the document; '' is all of it. */
export interface ResolvedOperation extends Omit<DocumentRef, 'organization_id'> {
  readonly op: 'create' | 'set' | 'merge' | 'append' | 'increment'
  readonly path: string
  /** JSON text of the value; for `increment` the number to add. */
  readonly value: string
}

/** Operations that are written together or not at all, with what they were made from. */
export interface CommitRequest {
  readonly organization_id: string
  /** Null for a change of an agent's own documents outside of any project. */
  readonly project_id: string | null
  readonly goal_id: string | null
  readonly task_id: string | null
  readonly run_id: string | null
  readonly committed_by: Principal
  readonly read_set: readonly ReadVersion[]
  readonly operations: readonly ResolvedOperation[]
}

/** A document that was read in a version that no longer stands. */
export interface MovedDocument extends Omit<ReadVersion, 'may_move'> {
  /** The version that stands there now. */
  readonly current: number
}

/** What a commit came to; only `committed` wrote anything. */
export type CommitOutcome =
  | { readonly outcome: 'committed'; readonly commit_id: string; readonly written: readonly ReadVersion[] }
  | { readonly outcome: 'conflict'; readonly moved: readonly MovedDocument[] }
  | { readonly outcome: 'invalid'; readonly reason: string }

/** Versioned documents. All methods join the caller's transaction and take arrays. */
export interface StatePort {
  /** Versions and values as they stand; an absent document has version 0 and value null. */
  read(tx: Tx, refs: readonly DocumentRef[]): Promise<readonly DocumentValue[]>
  /**
   * Commits results in their order, each wholly or not at all: all its reads unmoved (invariant 4), then its
   * operations; a document's version rises once a commit. A refused one leaves a row with the difference.
   */
  commit(tx: Tx, requests: readonly CommitRequest[]): Promise<readonly CommitOutcome[]>
  /** Which of the reads have moved: the same test as the commit's, under locks that keep its answer true until the end. */
  moved(tx: Tx, organization_id: string, read_set: readonly ReadVersion[]): Promise<readonly MovedDocument[]>
}

/** The changes between the version of a document that was read and the present one. */
export interface MovedDifference {
  readonly changes: readonly Difference[]
  /** Whether there were more than are given. */
  readonly truncated: boolean
}

/** What modules that explain refusals may ask. */
export interface DocumentHistory {
  /** In the order of `moved`; undefined where one of the two versions is gone. Version 0 is "absent". */
  differences(
    tx: Tx,
    organization_id: string,
    what: { readonly moved: readonly MovedDocument[]; readonly changes_max: number },
  ): Promise<readonly (MovedDifference | undefined)[]>
}
