import type { EventType } from '@muster/contract/events'
import type { ProviderCreate, ProviderPatch, providerQuery } from '@muster/contract/gateway/providers'
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
import type { SecretBox } from '../../platform/secrets.ts'
import type { ProviderHttp } from './adapters/provider-http.ts'
import { adapterOf } from './adapters/registry.ts'
import { readJson, refusalOf } from './calls/ask-whole.ts'
import { ProviderFailure } from './gateway.types.ts'
import { offline_provider, openProvider, placeOfKey } from './providers/provider-keys.ts'
import { modelsStore } from './store/models.store.ts'
import { type ProviderRow, providersStore } from './store/providers.store.ts'

export interface ProvidersOptions {
  readonly transactions: RequestTransactions
  readonly journal: Journal
  /** Called after each change is committed. */
  onChanged(organization_id: string): void
  readonly secrets: SecretBox
  readonly http: ProviderHttp
}

const models_shown_max = 200

/** Providers as people see them: with an address and never with a key. */
export function createProviders(options: ProvidersOptions) {
  return { ...createBook(options), test: createTester(options) }
}

function createBook(options: ProvidersOptions) {
  const { transactions, secrets } = options
  const note = createNotes(options)
  const sealKey = (caller: Caller, place: Pick<ProviderRow, 'id' | 'base_url'>, key: string): string =>
    secrets.seal(key, placeOfKey(caller.organization_id, place))
  return {
    list: (caller: Caller, { cursor, limit }: z.output<typeof providerQuery>) =>
      transactions.read(caller, async (tx) => {
        const query = { after: idOfCursor(cursor), limit: limit + 1 }
        const page = pageById(await providersStore.list(tx, caller.organization_id, query), limit)
        return { ...page, items: page.items.map(presentProvider) }
      }),

    get: (caller: Caller, id: string) =>
      transactions.read(caller, async (tx) => presentProvider(await findProvider(tx, caller, id))),

    create: (caller: Caller, { name, kind, api_key, ...input }: ProviderCreate) =>
      transactions.write(caller, async (tx) => {
        const id = newId()
        const base_url = checkedUrl(input.base_url)
        const sealed_key = api_key === undefined ? null : sealKey(caller, { id, base_url }, api_key)
        if (name === offline_provider.name) throw nameTaken(name)
        await providersStore
          .insert(tx, caller.organization_id, { id, name, kind, base_url, sealed_key })
          .catch((error) => {
            throw isDuplicate(error) ? nameTaken(name) : error
          })
        const row = await findProvider(tx, caller, id)
        note(tx, caller, event('provider.created', caller, row))
        return presentProvider(row)
      }),

    /** A key belongs to the address it was given for: another address removes it. */
    change: (caller: Caller, id: string, change: ProviderPatch) =>
      transactions.write(caller, async (tx) => {
        const before = await lockProvider(tx, caller, id)
        const base_url = change.base_url === undefined ? before.base_url : checkedUrl(change.base_url)
        const keptKey = base_url === before.base_url ? before.sealed_key : null
        const key = change.api_key
        const sealed_key = key === undefined ? keptKey : key === null ? null : sealKey(caller, { id, base_url }, key)
        await providersStore.change(tx, caller.organization_id, { id, base_url, sealed_key })
        note(tx, caller, event('provider.changed', caller, before))
        return presentProvider(await findProvider(tx, caller, id))
      }),

    remove: (caller: Caller, id: string) =>
      transactions.write(caller, async (tx) => {
        const row = await lockProvider(tx, caller, id)
        const model = await modelsStore.leadingTo(tx, caller.organization_id, row.name)
        if (model !== undefined)
          throw new MusterError('exists', `Model ${model} uses provider ${row.name}.`, {
            remedy: 'Change or remove that model first.',
          })
        await providersStore.remove(tx, caller.organization_id, id)
        note(tx, caller, event('provider.removed', caller, row))
        return presentProvider(row)
      }),
  }
}

function createTester({ transactions, secrets, http }: ProvidersOptions) {
  /** Tests a provider by its list of models, which costs nothing. A failure is the answer, not an error. */
  return async (caller: Caller, id: string, signal: AbortSignal) => {
    const row = await transactions.read(caller, (tx) => findProvider(tx, caller, id))
    const adapter = adapterOf(row.kind)
    const began = performance.now()
    const ms = (): number => Math.round(performance.now() - began)
    const connect_ms = limits.model_connect_ms_default
    const combinedSignal = AbortSignal.any([signal, AbortSignal.timeout(connect_ms)])
    try {
      const { base_url, key } = openProvider(secrets, caller.organization_id, row)
      const answer = await http.send({
        base_url,
        request: adapter.modelsRequest(key),
        signal: combinedSignal,
        connect_ms,
      })
      if (answer.status !== 200) throw await refusalOf(adapter, answer)
      const models = adapter.models(await readJson(answer.body)).slice(0, models_shown_max)
      return { works: true, ms: ms(), models }
    } catch (error) {
      return { works: false, ms: ms(), models: [], problem: problemOf(error) }
    }
  }
}

/** Records a change in the journal and announces it after the commit. */
function createNotes({ journal, onChanged }: Pick<ProvidersOptions, 'journal' | 'onChanged'>) {
  return (tx: Tx, { organization_id }: Caller, changeEvent: NewEvent): void => {
    journal.record(tx, organization_id, [changeEvent])
    tx.afterCommit(() => onChanged(organization_id))
  }
}

function event(
  type: EventType,
  { principal: actor }: Caller,
  { id, name }: Pick<ProviderRow, 'id' | 'name'>,
): NewEvent {
  return { type, actor, data: { provider_id: id, name } }
}

export type Providers = ReturnType<typeof createProviders>

function problemOf(error: unknown): string {
  if (error instanceof ProviderFailure || error instanceof MusterError) return error.message
  if (error instanceof Error && error.name === 'TimeoutError')
    return `No response within ${limits.model_connect_ms_default} ms.`
  throw error
}

async function findProvider(tx: Tx, caller: Caller, id: string): Promise<ProviderRow> {
  const row = await providersStore.find(tx, caller.organization_id, id)
  if (!row) throw notFound('provider', id)
  return row
}

async function lockProvider(tx: Tx, caller: Caller, id: string): Promise<ProviderRow> {
  const row = await providersStore.lock(tx, caller.organization_id, id)
  if (!row) throw notFound('provider', id)
  return row
}

/** Removes a trailing slash and refuses credentials, a query or a fragment: paths are appended to the address. */
function checkedUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url) throw invalid('base_url', 'base_url is not a URL.')
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw invalid('base_url', 'base_url must not contain credentials, a query or a fragment.')
  return url.href.replace(/\/+$/, '')
}

function presentProvider({ id, name, kind, base_url, sealed_key, created_at, changed_at }: ProviderRow) {
  return { id, name, kind, base_url, has_key: sealed_key !== null, created_at, changed_at }
}

function nameTaken(name: string): MusterError {
  return new MusterError('exists', `A provider named ${name} already exists.`, { field: 'name', value: name })
}
