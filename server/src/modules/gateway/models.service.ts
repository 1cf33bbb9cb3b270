import type { EventType } from '@muster/contract/events'
import type { ModelCreate, ModelDefinition, modelQuery } from '@muster/contract/gateway/models'
import type { WireModelQuery } from '@muster/contract/gateway/wires'
import { limits } from '@muster/contract/limits'
import type { z } from 'zod'
import type { Caller } from '../../platform/caller.ts'
import type { Tx } from '../../platform/db/db.ts'
import { isDuplicate } from '../../platform/db/failures.ts'
import { idOfCursor, pageById } from '../../platform/db/pages.ts'
import type { RequestTransactions } from '../../platform/db/request-transactions.ts'
import { invalid, MusterError, notFound } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import type { NewEvent } from '../../platform/journal/events.ts'
import type { Journal } from '../../platform/journal/record.ts'
import { builtin_models } from './calls/resolver.ts'
import { offline_provider } from './providers/provider-keys.ts'
import { type ModelRow, modelsStore } from './store/models.store.ts'
import { providersStore } from './store/providers.store.ts'

export interface ModelsOptions {
  readonly transactions: RequestTransactions
  readonly journal: Journal
  /** Called after each change is committed. */
  onChanged(organization_id: string): void
}

const version_max = 2_147_483_647

/** Models: aliases and their versions, as people set and see them. */
export function createModels(options: ModelsOptions) {
  return { ...createReading(options), ...createWriting(options), ...createWireList(options) }
}

function createReading({ transactions }: ModelsOptions) {
  return {
    list: (caller: Caller, { cursor, limit }: z.output<typeof modelQuery>) =>
      transactions.read(caller, async (tx) => {
        const query = { after: idOfCursor(cursor), limit: limit + 1 }
        const page = pageById(await modelsStore.list(tx, caller.organization_id, query), limit)
        return { ...page, items: page.items.map(presentModel) }
      }),

    get: (caller: Caller, name: string) =>
      transactions.read(caller, async (tx) => presentModel(await findModel(tx, caller, name))),

    versions: (caller: Caller, name: string, { cursor, limit }: z.output<typeof modelQuery>) =>
      transactions.read(caller, async (tx) => {
        await findModel(tx, caller, name)
        const before = cursor === undefined ? version_max : versionOfCursor(cursor)
        const rows = await modelsStore.versions(tx, caller.organization_id, { name, before, limit: limit + 1 })
        const items = rows.slice(0, limit).map(presentModel)
        const last = items.at(-1)
        const more = rows.length > limit && last
        return { items, ...(more && { next_cursor: Buffer.from(`v${last.version}`).toString('base64url') }) }
      }),
  }
}

function createWriting(options: ModelsOptions) {
  const { transactions } = options
  const note = createNotes(options)
  /** Writes the next version and puts it in force. */
  async function write(tx: Tx, caller: Caller, next: Pick<ModelRow, 'id' | 'name' | 'version' | 'definition'>) {
    const { organization_id, principal: actor } = caller
    await checkDefinition(tx, organization_id, next)
    const definition = JSON.stringify(next.definition)
    const newVersion = { model_id: next.id, version: next.version, definition, created_by: JSON.stringify(actor) }
    await modelsStore.version(tx, organization_id, newVersion)
    note(tx, caller, event(next.version === 1 ? 'model.created' : 'model.changed', caller, next))
    return presentModel(await findModel(tx, caller, next.name))
  }

  return {
    create: (caller: Caller, { name, ...definition }: ModelCreate) =>
      transactions.write(caller, async (tx) => {
        if (builtin_models.has(name)) throw nameTaken(name)
        const id = newId()
        await modelsStore.insert(tx, caller.organization_id, { id, name }).catch((error) => {
          throw isDuplicate(error) ? nameTaken(name) : error
        })
        return write(tx, caller, { id, name, version: 1, definition })
      }),

    put: (caller: Caller, name: string, definition: ModelDefinition) =>
      transactions.write(caller, async (tx) => {
        const row = await lockModel(tx, caller, name)
        return write(tx, caller, { id: row.id, name, version: row.version + 1, definition })
      }),

    remove: (caller: Caller, name: string) =>
      transactions.write(caller, async (tx) => {
        const row = await lockModel(tx, caller, name)
        const dependentModel = await modelsStore.fallingBackOn(tx, caller.organization_id, name)
        if (dependentModel !== undefined)
          throw new MusterError('exists', `Model ${dependentModel} uses ${name} as a fallback.`, {
            remedy: 'Change or remove that model first.',
          })
        await modelsStore.remove(tx, caller.organization_id, row.id)
        note(tx, caller, event('model.removed', caller, row))
        return presentModel(row)
      }),
  }
}

/** The models that a call may name, in the shape of OpenAI's API. */
function createWireList({ transactions }: ModelsOptions) {
  const list = (caller: Caller) =>
    transactions.read(caller, async (tx) => {
      const query = { after: undefined, limit: limits.wire_models_max }
      const rows = await modelsStore.list(tx, caller.organization_id, query)
      const builtin = [...builtin_models.keys()].map((name) => wireModel(name, 0, 'muster'))
      const ownModels = rows.map(({ name, created_at }) =>
        wireModel(name, Date.parse(created_at), caller.organization_id),
      )
      return { object: 'list' as const, data: [...ownModels, ...builtin] }
    })
  return {
    wire: list,

    /** The same in Anthropic's shape. */
    async wireOfAnthropic(caller: Caller, { limit, after_id }: WireModelQuery) {
      const all = (await list(caller)).data.map(anthropicModel)
      const nextModels = all.slice(all.findIndex(({ id }) => id === after_id) + 1)
      const data = nextModels.slice(0, limit)
      return {
        data,
        has_more: nextModels.length > data.length,
        first_id: data[0]?.id ?? null,
        last_id: data.at(-1)?.id ?? null,
      }
    },

    wireOne: (caller: Caller, name: string) =>
      transactions.read(caller, async (tx) => {
        if (builtin_models.has(name)) return wireModel(name, 0, 'muster')
        const { created_at } = await findModel(tx, caller, name)
        return wireModel(name, Date.parse(created_at), caller.organization_id)
      }),
  }
}

/** Records a change in the journal and announces it after the commit. */
function createNotes({ journal, onChanged }: Pick<ModelsOptions, 'journal' | 'onChanged'>) {
  return (tx: Tx, { organization_id }: Caller, changeEvent: NewEvent): void => {
    journal.record(tx, organization_id, [changeEvent])
    tx.afterCommit(() => onChanged(organization_id))
  }
}

function event(
  type: EventType,
  { principal: actor }: Caller,
  { name, version }: Pick<ModelRow, 'name' | 'version'>,
): NewEvent {
  return { type, actor, data: { model: name, version } }
}

export type Models = ReturnType<typeof createModels>

/** Throws `invalid` where a provider, a pin or a fallback does not exist. */
async function checkDefinition(
  tx: Tx,
  organization_id: string,
  { name, definition }: Pick<ModelRow, 'name' | 'definition'>,
): Promise<void> {
  const { targets, pin, fallbacks } = definition
  const names = [...new Set(targets.map(({ provider }) => provider))].filter((one) => one !== offline_provider.name)
  const existingProviders = await providersStore.keep(tx, organization_id, names)
  const missingProvider = names.find((one) => !existingProviders.includes(one))
  if (missingProvider !== undefined) throw invalid('targets', `No such provider: ${missingProvider}.`, missingProvider)
  const local = targets.find((one) => one.provider === offline_provider.name && !builtin_models.has(one.model))
  if (local) throw invalid('targets', `The offline provider has no model ${local.model}.`, local.model)
  if (pin && !targets.some(({ provider, model }) => provider === pin.provider && model === pin.model))
    throw invalid('pin', `The pin ${pin.provider} ${pin.model} is not one of the targets.`)
  if (fallbacks.includes(name)) throw invalid('fallbacks', `Model ${name} cannot be its own fallback.`, name)
  const knownNames = (await modelsStore.findByNames(tx, organization_id, fallbacks)).map((row) => row.name)
  const unknown = fallbacks.find((one) => !knownNames.includes(one) && !builtin_models.has(one))
  if (unknown !== undefined) throw invalid('fallbacks', `No such fallback model: ${unknown}.`, unknown)
}

async function findModel(tx: Tx, caller: Caller, name: string): Promise<ModelRow> {
  const [row] = await modelsStore.findByNames(tx, caller.organization_id, [name])
  if (!row) throw notFound('model', name)
  return row
}

async function lockModel(tx: Tx, caller: Caller, name: string): Promise<ModelRow> {
  const row = await modelsStore.lock(tx, caller.organization_id, name)
  if (!row) throw notFound('model', name)
  return row
}

function presentModel({ name, version, definition, created_at, versioned_at }: ModelRow) {
  return { name, version, ...definition, created_at, versioned_at }
}

function wireModel(id: string, created_ms: number, owned_by: string) {
  return { id, object: 'model' as const, created: Math.floor(created_ms / 1000), owned_by }
}

export function anthropicModel({ id, created }: ReturnType<typeof wireModel>) {
  return { type: 'model' as const, id, display_name: id, created_at: new Date(created * 1000).toISOString() }
}

function versionOfCursor(cursor: string): number {
  const version = /^v(\d{1,9})$/.exec(Buffer.from(cursor, 'base64url').toString('utf8'))?.[1]
  if (version === undefined) throw invalid('cursor', 'Invalid cursor. Use next_cursor of the same list.')
  return Number(version)
}

function nameTaken(name: string): MusterError {
  return new MusterError('exists', `A model named ${name} already exists.`, { field: 'name', value: name })
}
