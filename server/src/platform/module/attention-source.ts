import type { AttentionKind, AttentionSubject } from '@muster/contract/attention'
import type { TenantTx } from '../db/db.ts'
import type { ReadScope } from '../db/read-scope.ts'

/** Something that a person should look at. How grave it is and who may see it stands in the contract. */
export interface AttentionItem {
  readonly kind: AttentionKind
  readonly subject_kind: AttentionSubject
  readonly subject_id: string
  readonly project_id?: string
  readonly goal_id?: string
  readonly title: string
  readonly since: string
  /** The command that fixes it, or what has to happen. */
  readonly remedy: string
}

/** What a module finds that needs attention. A module gives it in its manifest; the dashboard ranks what all of them find. */
export interface AttentionSource {
  /**
   * At most `attention_rows_max` of each kind. It is asked for every caller; what a key may not read is left out
   * afterwards. `services`: those that some process of the installation runs now.
   */
  read(
    tx: TenantTx,
    scope: ReadScope,
    installation: { readonly services: ReadonlySet<string> },
  ): Promise<readonly AttentionItem[]>
}

/** More than are shown of a kind, so that ranking can choose. */
export const attention_rows_max = 50

/** A row of a statement that finds what may need attention. */
export interface AttentionRow {
  readonly id: string
  readonly project_id: string | null
  readonly goal_id: string | null
  readonly title: string
  readonly since: string
}

export function attentionItem(
  [kind, subject_kind]: readonly [AttentionKind, AttentionSubject],
  { id, project_id, goal_id, title, since }: AttentionRow,
  remedy: string,
): AttentionItem {
  return {
    kind,
    subject_kind,
    subject_id: id,
    ...(project_id !== null && { project_id }),
    ...(goal_id !== null && { goal_id }),
    title,
    since,
    remedy,
  }
}
