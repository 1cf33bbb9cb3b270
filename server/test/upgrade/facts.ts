/** What the API says of an organization, which an upgrade must not change. */
import { verifyJournal } from '@muster/contract/dashboard/operations'
import type { Operation } from '@muster/contract/operation'
import { operations } from '@muster/contract/operations'
import { listProjects } from '@muster/contract/projects/operations'
import { getDocument, listDocuments } from '@muster/contract/state/operations'
import type { ApiClient } from '../fixtures.ts'

type Item = Readonly<Record<string, unknown>>

export interface Facts {
  /** Every document of every project with its value. */
  readonly documents: readonly unknown[]
  /** What each list gives: who each item is, and how it stands. By the operation's id. */
  readonly lists: Readonly<Record<string, readonly Item[]>>
  readonly journal: { readonly events: number; readonly valid: boolean; readonly problems: readonly string[] }
}

/** Fields that say which item it is and how it stands; versions after this one may add others. */
const compared_fields = [
  'id',
  'number',
  'name',
  'title',
  'status',
  'version',
  'type',
  'outcome',
  'sha256',
  'created_at',
] as const
/**
 * Whoever asks has just been given a key; models of the installation are no organization's; the queue of questions leaves
 * out what is snoozed just now.
 */
const omitted_lists = [
  'gateway.models',
  'keys.list',
  'providers.discover',
  'agents.persona.templates',
  'approvals.queue',
]
/** What makes a list the same at any time. */
const queries: Readonly<Record<string, object>> = { 'approvals.list': { snoozed: 'include' } }

export async function factsOf(api: ApiClient): Promise<Facts> {
  const lists = await Promise.all(
    operations.filter(isList).map(async (operation) => [operation.id, await itemsOf(api, operation)] as const),
  )
  const { events, valid, problems } = await api.call(verifyJournal)
  return {
    documents: await documentsOf(api),
    lists: Object.fromEntries(lists.filter(([, items]) => items.length > 0)),
    journal: { events, valid, problems: problems.map((problem) => JSON.stringify(problem)) },
  }
}

function isList({ id, method, path, content }: Operation): boolean {
  return method === 'GET' && content === 'json' && !path.includes('{') && !omitted_lists.includes(id)
}

async function itemsOf(api: ApiClient, operation: Operation): Promise<readonly Item[]> {
  const { status, data, text } = await api.send(operation, { query: queries[operation.id] ?? {} })
  // What needs a filter is no list of everything.
  if (status === 422) return []
  if (status !== 200) throw new Error(`${operation.id} answered ${status}: ${text.slice(0, 200)}`)
  const items = typeof data === 'object' && data !== null && 'items' in data ? data.items : []
  if (!Array.isArray(items)) return []
  return items.map((item: Item) =>
    Object.fromEntries(compared_fields.flatMap((name) => (name in item ? [[name, item[name]]] : []))),
  )
}

async function documentsOf(api: ApiClient): Promise<readonly unknown[]> {
  const { items: projects } = await api.call(listProjects, { query: { limit: 200 } })
  const documents = await Promise.all(
    projects.map(async ({ id }) => {
      const { items } = await api.call(listDocuments, { params: { id }, query: { limit: 200 } })
      return Promise.all(items.map(({ document: key }) => api.call(getDocument, { params: { id, key } })))
    }),
  )
  return documents.flat().map(({ document, version, value, sha256 }) => ({ document, version, value, sha256 }))
}
