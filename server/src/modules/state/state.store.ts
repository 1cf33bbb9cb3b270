import type { Tx } from '../../platform/db/db.ts'
import { sql } from '../../platform/db/sql.ts'
import type { DocumentRef, DocumentValue } from './state.port.ts'

/** A version to write: the head moves to it. */
export interface NewVersion extends DocumentRef {
  readonly version: number
  /** JSON text. */
  readonly value: string
  readonly commit_id: string
}

export interface CommitRow {
  readonly organization_id: string
  readonly id: string
  readonly project_id: string | null
  readonly goal_id: string | null
  readonly task_id: string | null
  readonly run_id: string | null
  readonly committed_by: string
  readonly read_set: string
  readonly written: string
}

export interface ConflictRow extends Omit<CommitRow, 'committed_by' | 'read_set' | 'written'> {
  readonly moved: string
}

const refColumns = (refs: readonly DocumentRef[]): [string[], string[], string[], string[]] => [
  refs.map((ref) => ref.organization_id),
  refs.map((ref) => ref.scope),
  refs.map((ref) => ref.scope_id),
  refs.map((ref) => ref.document),
]

export const stateStore = {
  read(tx: Tx, refs: readonly DocumentRef[]): Promise<DocumentValue[]> {
    const [organization_ids, scopes, scope_ids, documents] = refColumns(refs)
    return tx.rows<DocumentValue>(sql`
      select i.organization_id, i.scope, i.scope_id, i.document, coalesce(d.version, 0) as version, v.value
      from unnest(${organization_ids}::uuid[], ${scopes}::text[], ${scope_ids}::uuid[], ${documents}::text[])
        with ordinality as i (organization_id, scope, scope_id, document, place)
      left join documents d on d.organization_id = i.organization_id and d.scope = i.scope
        and d.scope_id = i.scope_id and d.document = i.document
      left join document_versions v on v.organization_id = d.organization_id and v.scope = d.scope
        and v.scope_id = d.scope_id and v.document = d.document and v.version = d.version
      order by i.place`)
  },

  /** Versions of existing documents, locked in key order. What is absent is not returned: its insert decides a race. */
  lock(tx: Tx, refs: readonly DocumentRef[]): Promise<(DocumentRef & { version: number })[]> {
    const [organization_ids, scopes, scope_ids, documents] = refColumns(refs)
    return tx.rows(sql`
      select d.organization_id, d.scope, d.scope_id, d.document, d.version
      from unnest(${organization_ids}::uuid[], ${scopes}::text[], ${scope_ids}::uuid[], ${documents}::text[])
        as i (organization_id, scope, scope_id, document)
      join documents d on d.organization_id = i.organization_id and d.scope = i.scope
        and d.scope_id = i.scope_id and d.document = i.document
      order by d.organization_id, d.scope, d.scope_id, d.document for no key update of d`)
  },

  /**
   * Writes versions, moves heads and adds the commits' rows, in one statement. A head that somebody else inserted
   * meanwhile keeps its version, is missing from the answer, and the caller starts over.
   */
  async write(tx: Tx, versions: readonly NewVersion[], commits: readonly CommitRow[]): Promise<number> {
    const [organization_ids, scopes, scope_ids, documents] = refColumns(versions)
    const rows = await tx.rows<{ moved: number }>(sql`
      with given as (
        select * from unnest(${organization_ids}::uuid[], ${scopes}::text[], ${scope_ids}::uuid[], ${documents}::text[],
          ${versions.map((one) => one.version)}::int[], ${versions.map((one) => one.value)}::text[],
          ${versions.map((one) => one.commit_id)}::uuid[])
          as i (organization_id, scope, scope_id, document, version, value, commit_id)
      ), heads as (
        insert into documents (organization_id, scope, scope_id, document, version)
        select organization_id, scope, scope_id, document, max(version) from given group by 1, 2, 3, 4 order by 1, 2, 3, 4
        on conflict (organization_id, scope, scope_id, document) do update set version = excluded.version
          where documents.version = (
            select min(g.version) - 1 from given g where g.organization_id = documents.organization_id
              and g.scope = documents.scope and g.scope_id = documents.scope_id and g.document = documents.document)
        returning 1
      ), kept as (
        insert into document_versions (organization_id, scope, scope_id, document, version, value, commit_id)
        select organization_id, scope, scope_id, document, version, value::json, commit_id from given
        on conflict do nothing
      ), committed as (
        insert into commits (organization_id, id, project_id, goal_id, task_id, run_id, committed_by, read_set, written)
        select organization_id, id, project_id, goal_id, task_id, run_id, committed_by::json, read_set::json, written::json
        from unnest(${commits.map((one) => one.organization_id)}::uuid[], ${commits.map((one) => one.id)}::uuid[],
          ${commits.map((one) => one.project_id)}::uuid[], ${commits.map((one) => one.goal_id)}::uuid[],
          ${commits.map((one) => one.task_id)}::uuid[], ${commits.map((one) => one.run_id)}::uuid[],
          ${commits.map((one) => one.committed_by)}::text[], ${commits.map((one) => one.read_set)}::text[],
          ${commits.map((one) => one.written)}::text[])
          as c (organization_id, id, project_id, goal_id, task_id, run_id, committed_by, read_set, written)
      )
      select count(*)::int as moved from heads`)
    return rows[0]?.moved ?? 0
  },

  async refuse(tx: Tx, conflicts: readonly ConflictRow[]): Promise<void> {
    await tx.execute(sql`
      insert into commit_conflicts (organization_id, id, project_id, goal_id, task_id, run_id, moved)
      select organization_id, id, project_id, goal_id, task_id, run_id, moved::json
      from unnest(${conflicts.map((one) => one.organization_id)}::uuid[], ${conflicts.map((one) => one.id)}::uuid[],
        ${conflicts.map((one) => one.project_id)}::uuid[], ${conflicts.map((one) => one.goal_id)}::uuid[],
        ${conflicts.map((one) => one.task_id)}::uuid[], ${conflicts.map((one) => one.run_id)}::uuid[],
        ${conflicts.map((one) => one.moved)}::text[])
        as c (organization_id, id, project_id, goal_id, task_id, run_id, moved)`)
  },
}
