import type { Tx } from '../../../platform/db/db.ts'
import type { ReadScope } from '../../../platform/db/read-scope.ts'
import { type Fragment, fragment, sql } from '../../../platform/db/sql.ts'
import type { SearchRow, SearchSource } from '../../../platform/module/search-source.ts'

export interface Looking extends ReadScope {
  readonly limit: number
}

/** What is found by id, number or words of its title. */
export type RowSource = Extract<SearchSource, { readonly rows: Fragment }>

/** Only the newest of each kind are searched by name, so that the cost of a search is bounded. */
const newest_max = 2_000
/** Statements of the search, over what modules say that can be found. */
export const findStore = {
  byIds(
    tx: Tx,
    looking: Looking,
    { source, from, to }: { readonly source: RowSource; readonly from: string; readonly to: string },
  ): Promise<SearchRow[]> {
    return tx.rows<SearchRow>(sql`
      select ${source.kind} as kind, id, title, number, project_id, goal_id, status from (${source.rows}) s
      where organization_id = ${looking.organization_id} and id between ${from}::uuid and ${to}::uuid and ${inProject(looking)}
      order by id desc limit ${looking.limit}`)
  },

  byNumber(
    tx: Tx,
    looking: Looking,
    { source, number }: { readonly source: RowSource; readonly number: number },
  ): Promise<SearchRow[]> {
    return tx.rows<SearchRow>(sql`
      select ${source.kind} as kind, id, title, number, project_id, goal_id, status from (${source.rows}) s
      where organization_id = ${looking.organization_id} and number = ${number} and ${inProject(looking)}
      order by id desc limit ${looking.limit}`)
  },

  byWords(
    tx: Tx,
    looking: Looking,
    { source, words }: { readonly source: RowSource; readonly words: readonly string[] },
  ): Promise<SearchRow[]> {
    const patterns = words.map((word) => `%${word.replace(/[\\%_]/g, '\\$&')}%`)
    return tx.rows<SearchRow>(sql`
      select ${source.kind} as kind, id, title, number, project_id, goal_id, status from (
        select * from (${source.rows}) s where organization_id = ${looking.organization_id} and ${inProject(looking)}
        order by id desc limit ${newest_max}) newest
      where normalize(title, NFC) ilike all (${patterns}::text[])
      order by id desc limit ${looking.limit}`)
  },
}

/** What belongs to no project is found in each. */
function inProject({ project_id }: Looking): Fragment {
  return project_id === undefined ? fragment`true` : fragment`(project_id is null or project_id = ${project_id}::uuid)`
}
