import { findKinds, searchTable } from '@muster/contract/search'
import type { Caller } from '../../../platform/caller.ts'
import type { TenantTx } from '../../../platform/db/db.ts'
import type { RequestTransactions } from '../../../platform/db/request-transactions.ts'
import type { SearchRow, SearchSource } from '../../../platform/module/search-source.ts'
import { type Sought, soughtBy } from '../rules/find.rules.ts'
import { findStore, type Looking } from '../store/find.store.ts'

export interface FindQuery {
  readonly q: string
  readonly project_id?: string | undefined
  readonly limit: number
}

export interface FindDeps {
  readonly transactions: RequestTransactions
  /** Of every module that has something to find. */
  readonly search: readonly SearchSource[]
}

/**
 * Finds things by the beginning of an id, by number or by name, with one query for each kind that the caller may read.
 */
export function createFind({ transactions, search }: FindDeps) {
  const sources = search.toSorted((one, other) => findKinds.indexOf(one.kind) - findKinds.indexOf(other.kind))
  return (caller: Caller, { q, project_id, limit }: FindQuery) => {
    const readable = sources.filter(({ kind }) => caller.permissions.has(searchTable[kind].permission))
    const looking = { organization_id: caller.organization_id, project_id, limit }
    return transactions.read(caller, async (tx) => {
      const rows = await lookFor(tx, looking, { sought: soughtBy(q), sources: readable })
      const items = new Map(rows.map((row) => [`${row.kind} ${row.project_id} ${row.id}`, row]))
      return { items: [...items.values()].slice(0, limit).map(presented) }
    })
  }
}

/** By id first, then by number, then by title or key; in each the kinds in their order. */
async function lookFor(
  tx: TenantTx,
  looking: Looking,
  { sought, sources }: { readonly sought: Sought; readonly sources: readonly SearchSource[] },
): Promise<readonly SearchRow[]> {
  const { ids, number, words, key } = sought
  const with_rows = sources.filter((source) => 'rows' in source)
  const byIds = ids ? with_rows.map((source) => findStore.byIds(tx, looking, { source, ...ids })) : []
  const byNumber =
    number === undefined
      ? []
      : with_rows
          .filter(({ by }) => by.includes('number'))
          .map((source) => findStore.byNumber(tx, looking, { source, number }))
  const byName = sources.map((source) => {
    if (!('rows' in source)) return key === '' ? [] : source.keys(tx, looking, { prefix: key, limit: looking.limit })
    const isNamed = source.by.includes('title') && words.length > 0
    return isNamed ? findStore.byWords(tx, looking, { source, words }) : []
  })
  return (await Promise.all([...byIds, ...byNumber, ...byName])).flat()
}

function presented({ kind, id, title, number, project_id, goal_id, status }: SearchRow) {
  return {
    kind,
    id,
    title,
    ...(number !== null && { number }),
    ...(project_id !== null && { project_id }),
    ...(goal_id !== null && { goal_id }),
    ...(status !== null && { status }),
  }
}
