import type { ProviderKind } from '@muster/contract/gateway/providers'
import type { Tx } from '../../../platform/db/db.ts'
import { fragment, sql } from '../../../platform/db/sql.ts'

export interface ProviderRow {
  readonly id: string
  readonly name: string
  readonly kind: ProviderKind
  readonly base_url: string
  readonly sealed_key: string | null
  readonly created_at: string
  readonly changed_at: string
}

export type NewProvider = Pick<ProviderRow, 'id' | 'name' | 'kind' | 'base_url' | 'sealed_key'>

const columns = fragment`id, name, kind, base_url, sealed_key, created_at, changed_at`

export const providersStore = {
  async insert(tx: Tx, organization_id: string, provider: NewProvider): Promise<void> {
    await tx.execute(sql`
      insert into gateway_providers (organization_id, id, name, kind, base_url, sealed_key)
      values (${organization_id}, ${provider.id}, ${provider.name}, ${provider.kind}, ${provider.base_url}, ${provider.sealed_key})`)
  },

  list(
    tx: Tx,
    organization_id: string,
    { after, limit }: { readonly after: string | undefined; readonly limit: number },
  ): Promise<ProviderRow[]> {
    const filter = after === undefined ? fragment`true` : fragment`id > ${after}`
    return tx.rows<ProviderRow>(sql`
      select ${columns} from gateway_providers where organization_id = ${organization_id} and ${filter} order by id limit ${limit}`)
  },

  find(tx: Tx, organization_id: string, id: string): Promise<ProviderRow | undefined> {
    return tx.row<ProviderRow>(sql`
      select ${columns} from gateway_providers where organization_id = ${organization_id} and id = ${id}`)
  },

  /** For a change or a removal; waits for versions of models that are just being made with it. */
  lock(tx: Tx, organization_id: string, id: string): Promise<ProviderRow | undefined> {
    return tx.row<ProviderRow>(sql`
      select ${columns} from gateway_providers where organization_id = ${organization_id} and id = ${id} for update`)
  },

  findByNames(tx: Tx, organization_id: string, names: readonly string[]): Promise<ProviderRow[]> {
    return tx.rows<ProviderRow>(sql`
      select ${columns} from gateway_providers where organization_id = ${organization_id} and name = any (${[...names]}::text[])`)
  },

  /** The same, kept from being removed until the transaction ends. */
  async keep(tx: Tx, organization_id: string, names: readonly string[]): Promise<string[]> {
    const rows = await tx.rows<{ name: string }>(sql`
      select name from gateway_providers where organization_id = ${organization_id} and name = any (${[...names]}::text[])
      order by id for share`)
    return rows.map(({ name }) => name)
  },

  async change(
    tx: Tx,
    organization_id: string,
    { id, base_url, sealed_key }: Pick<ProviderRow, 'id' | 'base_url' | 'sealed_key'>,
  ): Promise<void> {
    await tx.execute(sql`
      update gateway_providers set base_url = ${base_url}, sealed_key = ${sealed_key}, changed_at = muster_now()
      where organization_id = ${organization_id} and id = ${id}`)
  },

  async remove(tx: Tx, organization_id: string, id: string): Promise<void> {
    await tx.execute(sql`delete from gateway_providers where organization_id = ${organization_id} and id = ${id}`)
  },
}
