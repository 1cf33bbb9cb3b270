import { setTimeout as delay } from 'node:timers/promises'
import {
  appendDocument,
  type Call,
  counterDocument,
  type Evidence,
  type SeenEvent,
  type SeenGoal,
  type SeenTask,
} from './evidence.types.ts'
import type { Client } from './load/client.ts'

type Seen = Omit<Evidence, 'calls' | 'faults' | 'agent_id'>

export interface ObserveOptions {
  readonly client: Client
  readonly project_id: string
  readonly calls: readonly Call[]
}

/** Everything as it stands, over the API. */
export async function observe({ client, project_id, calls }: ObserveOptions): Promise<Seen> {
  const [goals, tasks, events] = [
    await pages<SeenGoal>(client, `/api/v1/goals?limit=200&project_id=${project_id}`),
    await pages<SeenTask>(client, `/api/v1/tasks?limit=200&project_id=${project_id}`),
    await allEvents(client),
  ]
  const budgets = await client.read<{ items: readonly Budget[] }>('/api/v1/budgets')
  const approvals = await client.read<{ items: readonly { id: string }[] }>('/api/v1/hitl?limit=100')
  return {
    goals,
    tasks,
    events,
    documents: await documentsOf(client, project_id, calls),
    uploads: await uploadsOf(client, calls),
    journal: await client.read('/api/v1/audit/verify'),
    books: await client.read('/api/v1/budgets/verify'),
    held: budgets.items.map(({ id, held }) => ({ id, ...held })),
    open_approvals: approvals.items.map(({ id }) => id),
  }
}

interface Budget {
  readonly id: string
  readonly held: { readonly cost_micro_usd: number; readonly tokens: number; readonly live_runs: number }
}

async function pages<T>(client: Client, path: string): Promise<T[]> {
  const items: T[] = []
  for (let cursor: string | undefined = ''; cursor !== undefined; ) {
    const suffix: string = cursor && `&cursor=${encodeURIComponent(cursor)}`
    const page: { items: readonly T[]; next_cursor?: string } = await client.read(path + suffix)
    items.push(...page.items)
    cursor = page.next_cursor
  }
  return items
}

async function allEvents(client: Client): Promise<SeenEvent[]> {
  const events: SeenEvent[] = []
  for (;;) {
    const after = events.at(-1)?.number ?? 0
    const { items } = await client.read<{ items: readonly SeenEvent[] }>(
      `/api/v1/audit/events?limit=200&after=${after}`,
    )
    events.push(...items)
    if (items.length === 0) return events
  }
}

/** Only what goals of the load may have written is asked for: what is absent is absent. */
async function documentsOf(client: Client, project_id: string, calls: readonly Call[]): Promise<Map<string, unknown>> {
  const stated = calls.flatMap(({ about }) => about.goal ?? [])
  const wanted = new Set(
    stated.flatMap(({ round, sets }) => [appendDocument(round), counterDocument(round), ...Object.keys(sets)]),
  )
  const entries = await pages<{ document: string }>(client, `/api/v1/projects/${project_id}/documents?limit=200`)
  const documents = new Map<string, unknown>()
  for (const { document } of entries) {
    if (!wanted.has(document)) continue
    const path = `/api/v1/projects/${project_id}/documents/${encodeURIComponent(document)}`
    documents.set(document, (await client.read<{ value: unknown }>(path)).value)
  }
  return documents
}

async function uploadsOf(client: Client, calls: readonly Call[]): Promise<Map<string, string | undefined>> {
  const uploads = new Map<string, string | undefined>()
  for (const { operation, outcome, data } of calls) {
    if (operation !== 'POST /api/v1/artifacts' || outcome !== 'ok') continue
    const id = (data as { readonly items: readonly { id: string }[] }).items[0]?.id ?? ''
    uploads.set(id, await client.read<string>(`/api/v1/artifacts/${id}/content`).catch(() => undefined))
  }
  return uploads
}

const look_ms = 250

/**
 * Waits until nothing is under way any more: no goal, no question, nothing held, everything sealed. Gives up, for the
 * checker to say what stays, once nothing has happened for `patience_ms`.
 */
export async function quiescence(client: Client, { patience_ms }: { readonly patience_ms: number }): Promise<void> {
  let last = ''
  let since = Date.now()
  while (Date.now() - since < patience_ms) {
    const now = await underWay(client)
    if (now === '') return
    if (now !== last) since = Date.now()
    last = now
    await delay(look_ms)
  }
}

/** Waits until every goal has ended. What is held ahead for calls of models may stay. */
export async function goalsEnded(client: Client): Promise<void> {
  while ((await openGoals(client)).length > 0) await delay(look_ms)
}

async function openGoals(client: Client): Promise<readonly { readonly id: string; readonly counts: object }[]> {
  const path = '/api/v1/goals?limit=200&status=planning,awaiting_approval,running,paused'
  return (await client.read<{ items: readonly { id: string; counts: object }[] }>(path)).items
}

/** What is under way in words; empty where nothing is. */
async function underWay(client: Client): Promise<string> {
  const items = await openGoals(client)
  const { items: events, unsealed } = await client.read<{ items: readonly SeenEvent[]; unsealed: number }>(
    '/api/v1/audit/events?limit=1&order=newest',
  )
  const { attempts, held, reservations } = await client.read<Evidence['books']>('/api/v1/budgets/verify')
  const holds = attempts.live + held.rows + reservations.rows
  return items.length + unsealed + holds === 0 ? '' : JSON.stringify([items, events[0]?.number, unsealed, holds])
}
