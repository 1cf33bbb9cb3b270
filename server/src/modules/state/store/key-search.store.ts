import type { Tx } from '../../../platform/db/db.ts'
import type { ReadScope } from '../../../platform/db/read-scope.ts'
import { sql } from '../../../platform/db/sql.ts'
import type { SearchRow } from '../../../platform/module/search-source.ts'

/** Keys are looked up project by project. */
const projects_max = 200
/** Sorts after every key with the same beginning. */
const last_character = '\u{10FFFF}'

/** Finds documents by the beginning of their keys. */
export const keySearchStore = {
  documents(
    tx: Tx,
    { organization_id, project_id }: ReadScope,
    { prefix, limit }: { readonly prefix: string; readonly limit: number },
  ): Promise<SearchRow[]> {
    return tx.rows<SearchRow>(sql`
      select 'document' as kind, d.document as id, d.document as title, null::int as number, p.project_id,
        null::uuid as goal_id, null as status
      from (
        select project_id from projects_names_v
        where organization_id = ${organization_id} and project_id = coalesce(${project_id ?? null}::uuid, project_id)
        order by project_id desc limit ${projects_max}) p
      cross join lateral (
        select document from state_keys_v
        where organization_id = ${organization_id} and scope = 'project' and scope_id = p.project_id
          and document >= ${prefix} and document < ${prefix + last_character}
        order by document limit ${limit}) d
      order by p.project_id desc, d.document limit ${limit}`)
  },
}
