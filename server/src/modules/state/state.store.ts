import type { Tx } from '../../platform/db/db.ts'
import { allOf, fragment, sql } from '../../platform/db/sql.ts'
import type { CommitRequest, DocumentRef, DocumentValue, ReadVersion } from './state.port.ts'

/** A new version of a document, which becomes its head. */
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

/** A version without its value. */
export interface VersionRow {
  readonly document: string
  readonly version: number
  readonly size_bytes: number
  readonly commit_id: string
  readonly committed_at: string
}

export interface HistoryRow extends VersionRow {
  readonly committed_by: CommitRequest['committed_by']
  readonly goal_id: string | null
  readonly task_id: string | null
  readonly run_id: string | null
}

type Owner = Omit<DocumentRef, 'document'>

const refColumns = (refs: readonly DocumentRef[]): [string[], string[], string[], string[]] => [
  refs.map((ref) => ref.organization_id),
  refs.map((ref) => ref.scope),
  refs.map((ref) => ref.scope_id),
  refs.map((ref) => ref.document),
]

/*
 * Lookups are lateral with `offset 0`: the planner must then look each key up in the index. Joined plainly, a plan made while
 * the tables were empty would read all of them for each batch, for as long as it is kept.
 */
export const stateStore = {
  read(tx: Tx, refs: readonly DocumentRef[]): Promise<DocumentValue[]> {
    const [organization_ids, scopes, scope_ids, documents] = refColumns(refs)
    return tx.rows<DocumentValue>(sql`
      select i.organization_id, i.scope, i.scope_id, i.document, coalesce(d.version, 0) as version, v.value
      from unnest(${organization_ids}::uuid[], ${scopes}::text[], ${scope_ids}::uuid[], ${documents}::text[])
        with ordinality as i (organization_id, scope, scope_id, document, place)
      left join lateral (
        select d.version from state_documents d where d.organization_id = i.organization_id and d.scope = i.scope
          and d.scope_id = i.scope_id and d.document = i.document offset 0) d on true
      left join lateral (
        select v.value from state_document_versions v where v.organization_id = i.organization_id and v.scope = i.scope
          and v.scope_id = i.scope_id and v.document = i.document and v.version = d.version offset 0) v on true
      order by i.place`)
  },

  /** Versions of existing documents, locked in key order. An absent one is not returned: its insert decides a race. */
  lock(tx: Tx, refs: readonly DocumentRef[]): Promise<(DocumentRef & { version: number })[]> {
    const [organization_ids, scopes, scope_ids, documents] = refColumns(refs)
    return tx.rows(sql`
      select d.organization_id, d.scope, d.scope_id, d.document, d.version
      from (
        select * from unnest(${organization_ids}::uuid[], ${scopes}::text[], ${scope_ids}::uuid[], ${documents}::text[])
          as i (organization_id, scope, scope_id, document)
        order by organization_id, scope, scope_id, document) i
      cross join lateral (
        select d.* from state_documents d where d.organization_id = i.organization_id and d.scope = i.scope
          and d.scope_id = i.scope_id and d.document = i.document for no key update offset 0) d`)
  },

  /**
   * Writes versions, heads and commit rows in one statement. A head that another transaction inserted meanwhile keeps
   * its version, is missing from the answer, and the caller starts over.
   */
  async write(tx: Tx, versions: readonly NewVersion[], commits: readonly CommitRow[]): Promise<number> {
    const [organization_ids, scopes, scope_ids, documents] = refColumns(versions)
    const rows = await tx.rows<{ head_count: number }>(sql`
      with new_versions as (
        select * from unnest(${organization_ids}::uuid[], ${scopes}::text[], ${scope_ids}::uuid[], ${documents}::text[],
          ${versions.map((one) => one.version)}::int[], ${versions.map((one) => one.value)}::text[],
          ${versions.map((one) => one.commit_id)}::uuid[])
          as i (organization_id, scope, scope_id, document, version, value, commit_id)
      ), head_rows as (
        insert into state_documents (organization_id, scope, scope_id, document, version)
        select organization_id, scope, scope_id, document, max(version) from new_versions group by 1, 2, 3, 4 order by 1, 2, 3, 4
        on conflict (organization_id, scope, scope_id, document) do update set version = excluded.version
          where state_documents.version = (
            select min(g.version) - 1 from new_versions g where g.organization_id = state_documents.organization_id
              and g.scope = state_documents.scope and g.scope_id = state_documents.scope_id and g.document = state_documents.document)
        returning 1
      ), version_rows as (
        insert into state_document_versions (organization_id, scope, scope_id, document, version, value, commit_id)
        select organization_id, scope, scope_id, document, version, value::json, commit_id from new_versions
      ), commit_rows as (
        insert into state_commits (organization_id, id, project_id, goal_id, task_id, run_id, committed_by, read_set, written)
        select organization_id, id, project_id, goal_id, task_id, run_id, committed_by::json, read_set::json, written::json
        from unnest(${commits.map((one) => one.organization_id)}::uuid[], ${commits.map((one) => one.id)}::uuid[],
          ${commits.map((one) => one.project_id)}::uuid[], ${commits.map((one) => one.goal_id)}::uuid[],
          ${commits.map((one) => one.task_id)}::uuid[], ${commits.map((one) => one.run_id)}::uuid[],
          ${commits.map((one) => one.committed_by)}::text[], ${commits.map((one) => one.read_set)}::text[],
          ${commits.map((one) => one.written)}::text[])
          as c (organization_id, id, project_id, goal_id, task_id, run_id, committed_by, read_set, written)
      )
      select count(*)::int as head_count from head_rows`)
    return rows[0]?.head_count ?? 0
  },

  /** Values at versions; what is gone is left out. */
  versions(
    tx: Tx,
    organization_id: string,
    refs: readonly Omit<ReadVersion, 'may_move'>[],
  ): Promise<(Omit<ReadVersion, 'may_move'> & { readonly value: unknown })[]> {
    return tx.rows(sql`
      select v.scope, v.scope_id, v.document, v.version, v.value
      from unnest(${refs.map((ref) => ref.scope)}::text[], ${refs.map((ref) => ref.scope_id)}::uuid[],
        ${refs.map((ref) => ref.document)}::text[], ${refs.map((ref) => ref.version)}::int[])
        as i (scope, scope_id, document, version)
      join state_document_versions v on v.organization_id = ${organization_id} and v.scope = i.scope and v.scope_id = i.scope_id
        and v.document = i.document and v.version = i.version`)
  },

  async refuse(tx: Tx, conflicts: readonly ConflictRow[]): Promise<void> {
    await tx.execute(sql`
      insert into state_commit_conflicts (organization_id, id, project_id, goal_id, task_id, run_id, moved)
      select organization_id, id, project_id, goal_id, task_id, run_id, moved::json
      from unnest(${conflicts.map((one) => one.organization_id)}::uuid[], ${conflicts.map((one) => one.id)}::uuid[],
        ${conflicts.map((one) => one.project_id)}::uuid[], ${conflicts.map((one) => one.goal_id)}::uuid[],
        ${conflicts.map((one) => one.task_id)}::uuid[], ${conflicts.map((one) => one.run_id)}::uuid[],
        ${conflicts.map((one) => one.moved)}::text[])
        as c (organization_id, id, project_id, goal_id, task_id, run_id, moved)`)
  },

  /** Documents as they stand, by key. `after` is a key, or the SHA-256 of one that is too long for a cursor. */
  list(
    tx: Tx,
    { organization_id, scope, scope_id }: Owner,
    page: {
      readonly prefix: string
      readonly after: { readonly key: string } | { readonly sha256: string } | undefined
      readonly limit: number
    },
  ): Promise<VersionRow[]> {
    const { prefix, after, limit } = page
    const own = fragment`organization_id = ${organization_id} and scope = ${scope} and scope_id = ${scope_id}`
    const key =
      after &&
      ('key' in after
        ? fragment`${after.key}`
        : fragment`(select min(document) from state_documents
      where ${own} and encode(sha256(convert_to(document, 'UTF8')), 'hex') = ${after.sha256})`)
    const filters = [
      own,
      prefix === '' ? undefined : fragment`starts_with(document, ${prefix})`,
      key && fragment`document > ${key}`,
    ]
    return tx.rows<VersionRow>(sql`
      select d.document, d.version, octet_length(v.value::text) as size_bytes, v.commit_id, v.committed_at
      from (select * from state_documents where ${allOf(filters)} order by document limit ${limit}) d
      join state_document_versions v using (organization_id, scope, scope_id, document, version)
      order by d.document`)
  },

  /** One version, or the current one. */
  async find(
    tx: Tx,
    ref: DocumentRef,
    version: number | undefined,
  ): Promise<(VersionRow & { readonly value: string }) | undefined> {
    const { organization_id, scope, scope_id, document } = ref
    if (version !== undefined && version > above_all) return undefined
    const requestedVersion = version === undefined ? fragment`d.version` : fragment`${version}`
    return tx.row(sql`
      select v.document, v.version, octet_length(v.value::text) as size_bytes, v.commit_id, v.committed_at,
        v.value::text as value
      from state_documents d
      join state_document_versions v on v.organization_id = d.organization_id and v.scope = d.scope and v.scope_id = d.scope_id
        and v.document = d.document and v.version = ${requestedVersion}
      where d.organization_id = ${organization_id} and d.scope = ${scope} and d.scope_id = ${scope_id}
        and d.document = ${document}`)
  },

  /** Newest first, with who committed what. */
  history(
    tx: Tx,
    ref: DocumentRef,
    { before, limit }: { readonly before: number | undefined; readonly limit: number },
  ): Promise<HistoryRow[]> {
    const { organization_id, scope, scope_id, document } = ref
    return tx.rows<HistoryRow>(sql`
      select v.document, v.version, octet_length(v.value::text) as size_bytes, v.commit_id, v.committed_at,
        c.committed_by, c.goal_id, c.task_id, c.run_id
      from state_document_versions v join state_commits c on c.organization_id = v.organization_id and c.id = v.commit_id
      where v.organization_id = ${organization_id} and v.scope = ${scope} and v.scope_id = ${scope_id}
        and v.document = ${document} and v.version <= ${before === undefined ? above_all : before - 1}
      order by v.version desc limit ${limit}`)
  },

  /** JSON texts of versions, in their order. */
  async texts(tx: Tx, owner: Owner, versions: readonly Pick<VersionRow, 'document' | 'version'>[]): Promise<string[]> {
    const { organization_id, scope, scope_id } = owner
    const rows = await tx.rows<{ value: string }>(sql`
      select v.value::text as value
      from unnest(${versions.map((one) => one.document)}::text[], ${versions.map((one) => one.version)}::int[])
        with ordinality as i (document, version, place)
      join state_document_versions v on v.organization_id = ${organization_id} and v.scope = ${scope}
        and v.scope_id = ${scope_id} and v.document = i.document and v.version = i.version
      order by i.place`)
    return rows.map(({ value }) => value)
  },
}

/** Larger than every version. */
const above_all = 2_147_483_647
