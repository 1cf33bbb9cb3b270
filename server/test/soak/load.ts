import { setTimeout as delay } from 'node:timers/promises'

export interface SteadyOptions {
  readonly address: string
  readonly key: string
  readonly signal: AbortSignal
}

const turn_ms = 1_000
const reads_a_turn = 20

/**
 * A bounded load, each second the same: a goal that is done, reads and lists, an upload, and a live feed that is opened and
 * closed. What fails is an error: nothing is done to the program here that would excuse it.
 */
export async function steadyLoad({ address, key, signal }: SteadyOptions): Promise<void> {
  const authorization = `Bearer ${key}`
  const call = async <T>(path: string, body?: unknown): Promise<T> => {
    const form = body instanceof FormData
    const response = await fetch(`${address}/api/v1${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization, ...(body !== undefined && !form && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: form ? body : JSON.stringify(body) }),
    })
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`)
    // The caller names the type of what this path answers.
    return ((await response.json()) as { data: T }).data
  }
  const { id: project_id } = await call<{ id: string }>('/projects', { name: 'Soak' })
  for (let turn = 0; !signal.aborted; turn += 1) {
    const began = Date.now()
    await call('/goals', goalOf(project_id, turn))
    for (let read = 0; read < reads_a_turn; read += 1) await call(paths[read % paths.length] ?? '/projects')
    await call('/artifacts', uploadOf(project_id, turn))
    await feed(address, authorization)
    await delay(Math.max(0, turn_ms - (Date.now() - began)))
  }
}

const paths = [
  '/projects',
  '/goals?limit=50',
  '/tasks?limit=50',
  '/hitl',
  '/audit/events?limit=50&order=newest',
] as const

function goalOf(project_id: string, turn: number) {
  const key = `document${turn % 10}`
  const task = (name: string, depends_on: readonly string[]) => ({
    key: name,
    capability: 'noop',
    input: { pad_bytes: 500 },
    depends_on,
    writes: [{ op: 'set', document: `${key}/${name}`, value: turn }],
  })
  return { project_id, title: `Goal ${turn}`, plan: { tasks: [task('first', []), task('last', ['first'])] } }
}

function uploadOf(project_id: string, turn: number): FormData {
  const form = new FormData()
  form.set('project_id', project_id)
  form.set('file', new File([`content ${turn} `.repeat(200)], `file${turn}.txt`, { type: 'text/plain' }))
  return form
}

/** Opens the feed, hears its first bytes, and goes away. */
async function feed(address: string, authorization: string): Promise<void> {
  const leaving = new AbortController()
  const response = await fetch(`${address}/api/v1/events/stream?after=0`, {
    headers: { authorization },
    signal: leaving.signal,
  })
  await response.body?.getReader().read()
  leaving.abort()
}
