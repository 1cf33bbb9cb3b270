import { searchByModule } from './gathered/search.ts'
import type { Permission } from './permissions.ts'
import { merge } from './platform/merge.ts'
import { keysOf } from './platform/objects.ts'

interface SearchRow {
  /** What a key needs to find it. */
  readonly permission: Permission
  /** Lower ones stand further up among what a search finds. */
  readonly rank: number
}

/** Every kind of thing that a search finds, with its rank and who may see it. */
export const searchTable = merge(searchByModule satisfies Readonly<Record<string, Readonly<Record<string, SearchRow>>>>)

export type FindKind = keyof typeof searchTable

/** In the order in which they stand among what a search finds. */
export const findKinds = keysOf(searchTable).sort((one, other) => searchTable[one].rank - searchTable[other].rank)
