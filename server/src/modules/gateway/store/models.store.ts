import type { ModelDefinition } from '@muster/contract/gateway/models'
import type { Tx } from '../../../platform/db/db.ts'
import { fragment, sql } from '../../../platform/db/sql.ts'

export interface ModelRow {
  readonly id: string
  readonly name: string
  readonly version: number
  readonly definition: ModelDefinition
  readonly created_at: string
  readonly versioned_at: string
}

export interface NewVersion {
  readonly model_id: string
  readonly version: number
  /** JSON text. */
  readonly definition: string
  readonly created_by: string
}

const columns = fragment`m.id, m.name, v.version, v.definition, m.created_at, v.created_at as versioned_at`
const in_force = fragment`gateway_models m join gateway_model_versions v
  on v.organization_id = m.organization_id and v.model_id = m.id and v.version = m.version`

export const modelsStore = {
  async insert(tx: Tx, organization_id: string, { id, name }: Pick<ModelRow, 'id' | 'name'>): Promise<void> {
    await tx.execute(sql`
      insert into gateway_models (organization_id, id, name, version) values (${organization_id}, ${id}, ${name}, 0)`)
  },

  /** Writes a version and puts it in force. */
  async version(tx: Tx, organization_id: string, newVersion: NewVersion): Promise<void> {
    const { model_id, version, definition, created_by } = newVersion
    await tx.execute(sql`
      insert into gateway_model_versions (organization_id, model_id, version, definition, created_by)
      values (${organization_id}, ${model_id}, ${version}, ${definition}, ${created_by})`)
    await tx.execute(sql`
      update gateway_models set version = ${version} where organization_id = ${organization_id} and id = ${model_id}`)
  },

  list(
    tx: Tx,
    organization_id: string,
    { after, limit }: { readonly after: string | undefined; readonly limit: number },
  ): Promise<ModelRow[]> {
    const filter = after === undefined ? fragment`true` : fragment`m.id > ${after}`
    return tx.rows<ModelRow>(sql`
      select ${columns} from ${in_force} where m.organization_id = ${organization_id} and ${filter} order by m.id limit ${limit}`)
  },

  findByNames(tx: Tx, organization_id: string, names: readonly string[]): Promise<ModelRow[]> {
    return tx.rows<ModelRow>(sql`
      select ${columns} from ${in_force} where m.organization_id = ${organization_id} and m.name = any (${[...names]}::text[])`)
  },

  /** Takes turns with other changes of the same alias. */
  async lock(tx: Tx, organization_id: string, name: string): Promise<ModelRow | undefined> {
    await tx.row(
      sql`select id from gateway_models where organization_id = ${organization_id} and name = ${name} for update`,
    )
    return tx.row<ModelRow>(sql`
      select ${columns} from ${in_force} where m.organization_id = ${organization_id} and m.name = ${name}`)
  },

  /** The versions of an alias, the newest first, below `before`. */
  versions(
    tx: Tx,
    organization_id: string,
    { name, before, limit }: { readonly name: string; readonly before: number; readonly limit: number },
  ): Promise<ModelRow[]> {
    return tx.rows<ModelRow>(sql`
      select ${columns} from gateway_models m join gateway_model_versions v
        on v.organization_id = m.organization_id and v.model_id = m.id
      where m.organization_id = ${organization_id} and m.name = ${name} and v.version < ${before}
      order by v.version desc limit ${limit}`)
  },

  async remove(tx: Tx, organization_id: string, id: string): Promise<void> {
    await tx.execute(sql`delete from gateway_models where organization_id = ${organization_id} and id = ${id}`)
  },

  /** An alias that leads to a provider. */
  async leadingTo(tx: Tx, organization_id: string, provider: string): Promise<string | undefined> {
    const row = await tx.row<{ name: string }>(sql`
      select m.name from ${in_force} where m.organization_id = ${organization_id} and exists (
        select from json_array_elements(v.definition -> 'targets') t where t ->> 'provider' = ${provider})
      order by m.name limit 1`)
    return row?.name
  },

  /** An alias that falls back on another. */
  async fallingBackOn(tx: Tx, organization_id: string, name: string): Promise<string | undefined> {
    const row = await tx.row<{ name: string }>(sql`
      select m.name from ${in_force} where m.organization_id = ${organization_id} and exists (
        select from json_array_elements_text(v.definition -> 'fallbacks') f where f = ${name})
      order by m.name limit 1`)
    return row?.name
  },
}
