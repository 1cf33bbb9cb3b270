/** How the built program starts, stops and stands in the way of another of its kind. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { ResponseOf } from '@muster/contract/operation'
import type { createGoal, getGoal } from '@muster/contract/planner/goals/goal.operations'
import { exitCodes } from '@muster/contract/platform/exit-codes'
import type { getWorkerTaskStatus } from '@muster/contract/worker/operations'
import { describe, expect, it } from 'vitest'
import { place } from './muster.ts'

const keyIn = (directory: string): string => readFileSync(join(directory, 'first-key'), 'utf8').trim()

const here = await place()

describe('one directory', () => {
  it('has one holder: a second start refuses and names it, and the first goes on', async () => {
    const first = await here.running({ MUSTER_SAMPLE: '0' })
    const second = here.start()
    expect(await second.ended).toBe(1)
    expect(second.err()).toContain(`process ${first.process.pid} on `)
    expect(second.err()).toContain('muster stop')
    const migrating = here.start({}, ['migrate'])
    expect([await migrating.ended, migrating.err()]).toEqual([
      1,
      expect.stringContaining(`process ${first.process.pid}`),
    ])
    expect((await fetch(`${first.address}/health/ready`)).status).toBe(200)

    const stopped = await here.cli('stop')
    expect([stopped.code, stopped.err]).toEqual([exitCodes.done, expect.stringContaining('stopped')])
    expect(await first.ended).toBe(0)
    expect((await here.cli('stop')).code).toBe(exitCodes.unreachable)
    const unreachable = await here.cli('status')
    expect([unreachable.code, unreachable.err]).toEqual([exitCodes.unreachable, expect.stringContaining('npm start')])
  })

  it('keeps what it holds from one start to the next, and neither shows the key nor runs the sample again', async () => {
    const key = keyIn(here.directory)
    const again = await here.running()
    expect(keyIn(here.directory)).toBe(key)
    expect(await here.data('goal', 'list')).toEqual([])
    expect(again.err() + again.out()).not.toContain(key)
    again.process.kill('SIGINT')
    expect(await again.ended).toBe(0)
  })

  it('is opened after a kill at once', async () => {
    const killed = await here.running()
    killed.process.kill('SIGKILL')
    expect(await killed.ended).toBe(null)
    const next = await here.running()
    expect(await here.data('goal', 'list')).toEqual([])
    // The second signal does not wait for what the first one began.
    next.process.kill('SIGINT')
    next.process.kill('SIGTERM')
    expect(await next.ended).toBe(130)
  })
})

describe('ending gracefully', () => {
  it('gives leases back, which counts nowhere, and the next start does the work', async () => {
    const server = await here.running({ MUSTER_SAMPLE: '0' })
    const call = async <T>(address: string, path: string, body?: unknown): Promise<T> => {
      const answer = await fetch(`${address}/api/v1${path}`, {
        method: body === undefined ? 'GET' : 'POST',
        headers: { authorization: `Bearer ${keyIn(here.directory)}`, 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      return ((await answer.json()) as { data: T }).data
    }
    const { id: project_id } = await call<{ id: string }>(server.address, '/projects', { name: 'naps' })
    const plan = { tasks: [{ key: 'nap', capability: 'sleep', input: { ms: 3_600_000 } }] }
    const goal = await call<ResponseOf<typeof createGoal>>(server.address, '/goals', { project_id, title: 'Nap', plan })
    const { items } = await call<{ items: { id: string }[] }>(server.address, `/goals/${goal.id}/tasks`)
    const statusAt = (address: string) =>
      call<ResponseOf<typeof getWorkerTaskStatus>>(address, `/worker/task/${items[0]?.id}/status`)
    await started(server.address, goal.id)
    expect((await statusAt(server.address)).runs.map(({ status }) => status)).toEqual(['live'])
    server.process.kill('SIGTERM')
    expect(await server.ended).toBe(0)

    const next = await here.running()
    await started(next.address, goal.id)
    const { runs, counters } = await statusAt(next.address)
    expect(runs.map(({ status }) => status)).toEqual(['live', 'given_back'])
    expect(counters).toEqual({ attempts: 0, leases_lost: 0, retries: 0, conflicts: 0 })
    await here.data('goal', 'cancel', goal.id)
    const ended = await here.data<ResponseOf<typeof getGoal>>('goal', 'show', goal.id)
    expect(ended).toMatchObject({ status: 'cancelled', counts: { cancelled: 1 } })
    next.process.kill('SIGTERM')
    expect(await next.ended).toBe(0)
    expect(next.out()).toContain('stopping')
  })

  /** Reads the goal's events from the first on until a run of it has started and none has ended since. */
  async function started(address: string, goal_id: string): Promise<void> {
    const key = keyIn(here.directory)
    const stream = await fetch(`${address}/api/v1/events/stream?after=0&goal_id=${goal_id}`, {
      headers: { authorization: `Bearer ${key}` },
    })
    let heard = ''
    for await (const chunk of stream.body ?? []) {
      heard += Buffer.from(chunk).toString('utf8')
      const count = (type: string) => heard.split(`"type":"${type}"`).length - 1
      if (count('task.started') > count('task.ready') - 1 && count('task.started') > 0) break
    }
  }
})

describe('settings', () => {
  it('that cannot be are named at the start, with what they could be', async () => {
    const wrong = [
      [{ MUSTER_PROT: '7700' }, 'MUSTER_PORT'],
      [{ MUSTER_HOST: '0.0.0.0' }, 'MUSTER_BEHIND_PROXY'],
      [{ MUSTER_PORT: 'high' }, 'MUSTER_PORT'],
      [{ MUSTER_SERVICES: 'api,cook' }, 'cook'],
    ] as const
    for (const [env, named] of wrong) {
      const child = here.start(env as never)
      expect([await child.ended, child.err()]).toEqual([1, expect.stringContaining(named)])
    }
  })

  it('take another program’s port for what it is', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => other.once('listening', resolve))
    const { port } = other.address() as { port: number }
    const child = here.start({ MUSTER_PORT: String(port) })
    expect([await child.ended, child.err()]).toEqual([1, expect.stringContaining('The port is in use')])
    other.close()
  })

  it('do not lead back: `migrate down` refuses', async () => {
    const down = await here.cli('migrate', 'down')
    expect([down.code, down.err]).toEqual([exitCodes.refused, expect.stringContaining('backup')])
    const up = await here.cli('migrate')
    expect([up.code, up.err]).toEqual([exitCodes.done, expect.stringContaining('up to date')])
  })
})
