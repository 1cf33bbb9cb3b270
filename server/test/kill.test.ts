/** The built program is killed, again and again, with work in flight; what it has acknowledged is there and is done once. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { type Child, place } from './e2e/muster.ts'

const rounds = 10
const posters = 4
const here = await place()

type Server = Child & { readonly address: string }

async function call<T>(server: Server, path: string, body?: unknown): Promise<T> {
  const key = readFileSync(join(here.directory, 'first-key'), 'utf8').trim()
  const answer = await fetch(`${server.address}/api/v1${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const { data, error } = (await answer.json()) as { data: T; error: unknown }
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${JSON.stringify(error)}`)
  return data
}

/** A diamond whose tasks each append their name to the round's document; one of them takes its time. */
function goalOf(project_id: string, name: string, round: number) {
  const append = (key: string) => [{ op: 'append', document: `round${round}`, value: `${name}.${key}` }]
  const task = (key: string, depends_on: readonly string[]) => ({
    key,
    capability: 'noop',
    input: { pad_bytes: 200 },
    depends_on,
    writes: append(key),
  })
  const slow = { ...task('slow', ['top']), capability: 'sleep', input: { ms: 40 } }
  return {
    project_id,
    title: name,
    plan: { tasks: [task('top', []), slow, task('quick', ['top']), task('bottom', ['slow', 'quick'])] },
  }
}

interface Goal {
  readonly id: string
  readonly title: string
  readonly status: string
  readonly counts: Readonly<Record<string, number>>
}

async function allGoals(server: Server): Promise<Goal[]> {
  const found: Goal[] = []
  for (let cursor: string | undefined = ''; cursor !== undefined; ) {
    const page: { items: Goal[]; next_cursor?: string } = await call(
      server,
      `/goals?limit=200${cursor && `&cursor=${cursor}`}`,
    )
    found.push(...page.items)
    cursor = page.next_cursor
  }
  return found
}

/** Resolves when no goal is under way any more. */
async function settled(server: Server): Promise<Goal[]> {
  for (;;) {
    const goals = await allGoals(server)
    if (goals.every(({ status }) => status !== 'running')) return goals
  }
}

it('loses nothing acknowledged, commits nothing twice, and opens again', async () => {
  let server = await here.running({ MUSTER_SAMPLE: '0', MUSTER_LOG_LEVEL: 'error' })
  const { id: project_id } = await call<{ id: string }>(server, '/projects', { name: 'Killed' })
  const acknowledged = new Map<string, string>()
  let inFlight = 0
  for (let round = 0; round < rounds; round += 1) {
    const wanted = acknowledged.size + 8 + round * 3
    const post = async (poster: number): Promise<void> => {
      for (let count = 0; ; count += 1) {
        const name = `r${round}p${poster}n${count}`
        const { id } = await call<{ id: string }>(server, '/goals', goalOf(project_id, name, round))
        acknowledged.set(id, name)
        if (acknowledged.size >= wanted) server.process.kill('SIGKILL')
      }
    }
    const posting = Array.from({ length: posters }, (_, poster) => post(poster).catch(() => 'the server is gone'))
    expect(await server.ended).toBe(null)
    await Promise.all(posting)
    server = await here.running({ MUSTER_SAMPLE: '0', MUSTER_LOG_LEVEL: 'error' })
    inFlight += (await allGoals(server)).filter(({ status }) => status === 'running').length
    const goals = await settled(server)
    const titles = new Map(goals.map(({ id, title }) => [id, title]))
    expect([...acknowledged].filter(([id, name]) => titles.get(id) !== name)).toEqual([])
    expect(goals.filter(({ status, counts }) => status !== 'done' || counts.done !== 4)).toEqual([])
    // What was posted and not answered may be there too; whatever is there is there once.
    const own = goals.filter(({ title }) => title.startsWith(`r${round}p`))
    const names = own.flatMap(({ title }) => ['top', 'slow', 'quick', 'bottom'].map((key) => `${title}.${key}`))
    const { value, version } = await call<{ value: string[]; version: number }>(
      server,
      `/projects/${project_id}/documents/round${round}`,
    )
    expect([...value].sort()).toEqual(names.sort())
    expect(version).toBe(names.length)
  }
  expect(inFlight).toBeGreaterThan(0)
  const { valid, problems } = await call<{ valid: boolean; problems: readonly unknown[] }>(server, '/audit/verify')
  expect([valid, problems]).toEqual([true, []])
}, 180_000)
