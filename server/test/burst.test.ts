/** Many goals at once, and a request that is only large: the embedded program stays where it can be reached. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Child, place } from './e2e/muster.ts'

const goals = 2_000
const at_once = 64
/** Answers to posts that one question for readiness may wait behind: a busy machine makes both slower, not this. */
const behind_max = 4 * at_once

describe.skipIf(process.env.DB === 'postgres')('a burst on the embedded program', async () => {
  const here = await place()
  let server: Child & { readonly address: string }
  let headers: Readonly<Record<string, string>> = {}
  beforeAll(async () => {
    server = await here.running({ MUSTER_SAMPLE: '0', MUSTER_LOG_LEVEL: 'error' })
    const key = readFileSync(join(here.directory, 'first-key'), 'utf8').trim()
    headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  })

  const post = (path: string, body: unknown) =>
    fetch(`${server.address}/api/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  const get = async (path: string) =>
    ((await (await fetch(`${server.address}/api/v1${path}`, { headers })).json()) as { data: never }).data

  let answered = 0
  /**
   * Asks for readiness without a break as long as the work goes on; gives the answers that were bad, or came after more
   * posts were answered than stood before them.
   */
  async function ready<T>(
    work: Promise<T>,
  ): Promise<{ readonly result: T; readonly asked: number; readonly late: readonly string[] }> {
    let working = true
    const ended = work.finally(() => {
      working = false
    })
    const late: string[] = []
    let asked = 0
    while (working) {
      const before = answered
      const { status } = await fetch(`${server.address}/health/ready`)
      const behind = answered - before
      asked += 1
      if (status !== 200 || behind > behind_max) late.push(`${status} after ${behind} other answers`)
      // Something else may answer in between: this is a probe, not a load.
      await new Promise((resolve) => setImmediate(resolve))
    }
    return { result: await ended, asked, late }
  }

  it('of 2,000 goals is accepted whole, done, and ready throughout', async () => {
    const { id: project_id } = ((await (await post('/projects', { name: 'Burst' })).json()) as { data: { id: string } })
      .data
    let next = 0
    const statuses = new Map<number, number>()
    const poster = async (): Promise<void> => {
      while (next < goals) {
        next += 1
        const title = `Goal ${next}`
        const { status, body } = await post('/goals', {
          project_id,
          title,
          plan: { tasks: [{ key: 'only', capability: 'noop', input: { title } }] },
        })
        await body?.cancel()
        answered += 1
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
      }
    }
    const posted = await ready(Promise.all(Array.from({ length: at_once }, poster)))
    expect([[...statuses], posted.late]).toEqual([[[202, goals]], []])
    const done = await ready(
      (async () => {
        for (;;) {
          const { counts } = (await get(`/projects/${project_id}/status?limit=1`)) as { counts: Record<string, number> }
          if (counts.done === goals) return counts
          expect([counts.failed, counts.cancelled]).toEqual([0, 0])
        }
      })(),
    )
    expect(done.late).toEqual([])
  }, 600_000)

  it('of five million characters without a space is refused, and nothing stalls', async () => {
    const title = 'x'.repeat(5 * 1024 * 1024)
    const { result, late, asked } = await ready(
      Promise.all([
        post('/goals', { project_id: 'x', title, plan: { tasks: [] } }),
        post('/projects', { name: title }),
        post('/planner/decompose', { title: 'A title', text: title }),
        post('/planner/semantic-filter', { content: { content: title }, context: {} }),
      ]),
    )
    expect(result.every(({ status }) => status >= 400 && status < 500)).toBe(true)
    expect([late, asked > 0]).toEqual([[], true])
    expect((await post('/projects', { name: 'Still here' })).status).toBe(201)
  }, 240_000)
})
