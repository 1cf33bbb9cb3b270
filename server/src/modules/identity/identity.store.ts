import type { Permission } from '@muster/contract/permissions'
import type { CredentialTx, EngineTx, Tx } from '../../platform/db/db.ts'
import { allOf, fragment, sql } from '../../platform/db/sql.ts'

export interface KeyRow {
  readonly organization_id: string
  readonly id: string
  readonly name: string
  readonly agent_id: string | null
  readonly person_label: string | null
  readonly permissions: readonly Permission[]
  readonly model_requests_per_minute: number | null
  readonly model_tokens_per_minute: number | null
  readonly created_by: string | null
  readonly created_at: string
  readonly last_used_at: string | null
  readonly revoked_at: string | null
}

type StatedFields =
  | 'organization_id'
  | 'id'
  | 'name'
  | 'agent_id'
  | 'person_label'
  | 'permissions'
  | 'created_by'
  | 'model_requests_per_minute'
  | 'model_tokens_per_minute'

export interface NewKeyRow extends Pick<KeyRow, StatedFields> {
  readonly hash: string
}

const columns = fragment`organization_id, id, name, agent_id, person_label, permissions, created_by, created_at, last_used_at, revoked_at,
  model_requests_per_minute, model_tokens_per_minute`

interface PersonsKey {
  readonly id: string
  readonly agent_id: string | null
  readonly person_label: string | null
}

export const identityStore = {
  async insertOrganization(tx: Tx, organization_id: string, name: string): Promise<void> {
    await tx.execute(
      sql`insert into identity_organizations (organization_id, name) values (${organization_id}, ${name})`,
    )
  },

  /** Of that id or name; without either, all of them. The oldest first. */
  organizations(tx: EngineTx, ref: string | undefined): Promise<{ organization_id: string; name: string }[]> {
    const condition = ref === undefined ? fragment`true` : fragment`(organization_id::text = ${ref} or name = ${ref})`
    return tx.rows(
      sql`select organization_id, name from identity_organizations where ${condition} order by organization_id limit 100`,
    )
  },

  firstOrganization(tx: EngineTx): Promise<{ organization_id: string; name: string } | undefined> {
    return tx.row(sql`select organization_id, name from identity_organizations order by organization_id limit 1`)
  },

  async insertKey(tx: Tx, key: NewKeyRow): Promise<KeyRow | undefined> {
    return tx.row<KeyRow>(sql`
      insert into identity_api_keys (organization_id, id, name, agent_id, person_label, hash, permissions, created_by, model_requests_per_minute,
        model_tokens_per_minute)
      values (${key.organization_id}, ${key.id}, ${key.name}, ${key.agent_id}, ${key.person_label}, ${key.hash}, ${[...key.permissions]}, ${key.created_by},
        ${key.model_requests_per_minute}, ${key.model_tokens_per_minute})
      returning ${columns}`)
  },

  /** The key that the transaction was opened for; row-level security shows no other. */
  activeKey(
    tx: CredentialTx,
    hash: string,
  ): Promise<Omit<NewKeyRow, 'name' | 'hash' | 'created_by' | 'person_label'> | undefined> {
    return tx.row(sql`
      select organization_id, id, agent_id, permissions, model_requests_per_minute, model_tokens_per_minute from identity_api_keys where hash = ${hash} and revoked_at is null`)
  },

  list(
    tx: Tx,
    organization_id: string,
    page: { readonly before: string | undefined; readonly limit: number },
  ): Promise<KeyRow[]> {
    const filters = [page.before === undefined ? undefined : fragment`id < ${page.before}`]
    return tx.rows<KeyRow>(sql`
      select ${columns} from identity_api_keys where organization_id = ${organization_id} and ${allOf(filters)}
      order by id desc limit ${page.limit}`)
  },

  /** Makes two transactions that revoke the last two keys take turns. Creating keys does not wait. */
  async lockRevocations(tx: Tx, organization_id: string): Promise<void> {
    await tx.execute(
      sql`select from identity_organizations where organization_id = ${organization_id} for no key update`,
    )
  },

  /** Locks a key in force, so that it is not revoked before this transaction ends. */
  lockInForce(tx: Tx, organization_id: string, id: string): Promise<KeyRow | undefined> {
    return tx.row<KeyRow>(sql`
      select ${columns} from identity_api_keys where organization_id = ${organization_id} and id = ${id} and revoked_at is null
      for share`)
  },

  /** The permission sets of the other keys of people, each once. */
  async permissionsBeside(tx: Tx, organization_id: string, id: string): Promise<(readonly Permission[])[]> {
    const rows = await tx.rows<Pick<KeyRow, 'permissions'>>(sql`
      select distinct permissions from identity_api_keys
      where organization_id = ${organization_id} and id <> ${id} and agent_id is null and revoked_at is null`)
    return rows.map(({ permissions }) => permissions)
  },

  find(tx: Tx, organization_id: string, id: string): Promise<KeyRow | undefined> {
    return tx.row<KeyRow>(
      sql`select ${columns} from identity_api_keys where organization_id = ${organization_id} and id = ${id}`,
    )
  },

  /** The names that belong to a key's session. */
  session(
    tx: Tx,
    organization_id: string,
    key_id: string,
  ): Promise<{ name: string; organization_name: string } | undefined> {
    return tx.row(sql`
      select k.name, o.name as organization_name from identity_api_keys k
      join identity_organizations o on o.organization_id = k.organization_id
      where k.organization_id = ${organization_id} and k.id = ${key_id}`)
  },

  /**
   * The keys of whoever holds a key, revoked ones too: those with its label, those that these come from (and the keys with
   * the labels of those), and those that these made. A key
   * that was made on the server is the owner's: it hands out the keys of other people, so it is nobody's family.
   */
  keysOfPerson(tx: Tx, organization_id: string, key_id: string): Promise<PersonsKey[]> {
    return tx.rows<PersonsKey>(sql`
      with recursive own as (
        select id, created_by, person_label from identity_api_keys
        where organization_id = ${organization_id} and id = ${key_id}
      ), labelled (id, created_by) as (
        select id, created_by from own
        union
        select k.id, k.created_by from own o
        join identity_api_keys k on k.organization_id = ${organization_id} and k.person_label = o.person_label
      ), makers (id, created_by, person_label) as (
        select l.id, l.created_by, null::text from labelled l where l.created_by is not null
        union
        select k.id, k.created_by, k.person_label from makers m
        join identity_api_keys k on k.organization_id = ${organization_id} and k.id = m.created_by and k.created_by is not null
      ), made (id) as (
        select id from labelled where created_by is not null
        union
        select k.id from made m
        join identity_api_keys k on k.organization_id = ${organization_id} and k.created_by = m.id
      ), person as (
        select id from labelled union select id from makers union select id from made
        union select k.id from makers m
        join identity_api_keys k on k.organization_id = ${organization_id} and k.person_label = m.person_label
      )
      select k.id, k.agent_id, k.person_label from person p
      join identity_api_keys k on k.organization_id = ${organization_id} and k.id = p.id`)
  },

  revoke(tx: Tx, organization_id: string, id: string): Promise<KeyRow | undefined> {
    return tx.row<KeyRow>(sql`
      update identity_api_keys set revoked_at = muster_now() where organization_id = ${organization_id} and id = ${id}
      and revoked_at is null returning ${columns}`)
  },

  async touch(tx: Tx, organization_id: string, ids: readonly string[]): Promise<void> {
    await tx.execute(sql`
      update identity_api_keys set last_used_at = muster_now()
      where organization_id = ${organization_id} and id = any(${[...ids]}::uuid[])`)
  },
}
