import type { FindKind } from '@muster/contract/search'
import type { Tx } from '../db/db.ts'
import type { ReadScope } from '../db/read-scope.ts'
import type { Fragment } from '../db/sql.ts'

/** A thing that a search finds. */
export interface SearchRow {
  readonly kind: FindKind
  readonly id: string
  readonly title: string
  readonly number: number | null
  readonly project_id: string | null
  readonly goal_id: string | null
  readonly status: string | null
}

/**
 * Things that a search finds. A module gives its own in its manifest; the dashboard searches them all. `rows` is a select
 * with the columns organization_id, id, title, number, project_id, goal_id and status; `keys` is for what has no id.
 */
export type SearchSource =
  | {
      readonly kind: FindKind
      readonly rows: Fragment
      /** By the beginning of an id always; by number or words of the title where they stand here. */
      readonly by: readonly ('number' | 'title')[]
    }
  | {
      readonly kind: FindKind
      /** Those whose key begins so. */
      keys(tx: Tx, scope: ReadScope, search: { readonly prefix: string; readonly limit: number }): Promise<SearchRow[]>
    }
