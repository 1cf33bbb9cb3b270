import { describe, expect, it } from 'vitest'
import { createClient } from './client.ts'
import { type AgentNotice, HandlerError, type RemoteAgentOptions, runAgent } from './remote-agent.ts'
import { cut, fail, ok, type ScriptedServer, type Step, startScriptedServer } from './testing/scripted-server.ts'

const claim = 'POST /api/v1/worker/claim'
const beat = 'POST /api/v1/worker/heartbeat'
const complete = 'POST /api/v1/worker/complete'
const failed = 'POST /api/v1/worker/fail'
const release = 'POST /api/v1/worker/release'

const runOf = (run_id: string, capability = 'shout') => ({
  run_id,
  task_id: `task-of-${run_id}`,
  token: 3,
  expires_at: '2026-01-01T00:00:30.000Z',
  brief: { run_id, capability, input: { text: 'hello' }, documents: [], artifacts: [], feedback: [] },
})
const give = (...runs: object[]): Step => ok({ runs })
const outcome =
  (kind: string): Step =>
  (request, response) => {
    const { runs } = request.json() as { runs: { run_id: string }[] }
    return ok({ runs: runs.map(({ run_id }) => ({ run_id, outcome: kind })) })(request, response)
  }
const recorded: Step = (request, response) => ok({ run_id: 'x', outcome: 'recorded' }, 202)(request, response)

interface World {
  readonly server: ScriptedServer
  readonly notices: AgentNotice[]
  readonly stop: AbortController
  run(more?: Partial<RemoteAgentOptions>): Promise<void>
  sent(route: string): unknown[]
}

/** An agent that ends by itself once it did what `until` names; a claim beyond the script waits until then. */
async function world(until: AgentNotice['kind'] | null, times = 1): Promise<World> {
  const server = await startScriptedServer()
  const stop = new AbortController()
  const notices: AgentNotice[] = []
  server.always(claim, (_request, response) => {
    stop.signal.addEventListener('abort', () => response.destroy())
  })
  server.always(beat, outcome('ok'))
  return {
    server,
    notices,
    stop,
    run: (more = {}) =>
      runAgent({
        client: createClient({ base_url: server.base_url, key: 'k', backoff_ms: 1 }),
        agent_id: 'shouter',
        handlers: { shout: async (brief) => ({ output: { text: `${brief.run_id}!` } }) },
        signal: stop.signal,
        backoff_ms: 1,
        heartbeat_ms: 5,
        onNotice: (notice) => {
          notices.push(notice)
          if (notices.filter(({ kind }) => kind === until).length === times) stop.abort()
        },
        ...more,
      }),
    sent: (route) => server.seen.filter((seen) => `${seen.method} ${seen.path}` === route).map((seen) => seen.json()),
  }
}

const untilAborted = (signal: AbortSignal) =>
  new Promise<never>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

describe('a remote agent', () => {
  it('claims, works and completes', async () => {
    const at = await world('completed')
    await using _server = at.server
    at.server.on(claim, give(), give(runOf('one')))
    at.server.on(complete, recorded)
    await at.run()
    expect(at.sent(claim)[0]).toEqual({ agent_id: 'shouter', capabilities: ['shout'], max: 1, wait_ms: 30_000 })
    expect(at.sent(complete)).toEqual([{ run_id: 'one', token: 3, output: { text: 'one!' } }])
  })

  it('never holds more than its concurrency', async () => {
    const at = await world('completed', 3)
    await using _server = at.server
    const letGo: (() => void)[] = []
    at.server.on(claim, give(runOf('one'), runOf('two')), (request, response) => {
      expect(request.json()).toMatchObject({ max: 1 })
      give(runOf('three'))(request, response)
    })
    at.server.on(complete, recorded, recorded, recorded)
    let most = 0
    let now = 0
    await at.run({
      concurrency: 2,
      handlers: {
        shout: async () => {
          most = Math.max(most, ++now)
          if (now === 2) for (const free of letGo) free()
          else if (letGo.length === 0) await new Promise<void>((resolve) => letGo.push(resolve))
          now--
          return { output: null }
        },
      },
    })
    expect(most).toBe(2)
  })

  it('sends progress and log lines with its heartbeats, and keeps them when one fails', async () => {
    const at = await world('completed')
    await using _server = at.server
    at.server.on(claim, give(runOf('one')))
    const beaten = new Promise<void>((resolve) => {
      at.server.on(beat, cut, (request, response) => {
        outcome('ok')(request, response)
        resolve()
      })
    })
    at.server.on(complete, recorded)
    await at.run({
      handlers: {
        shout: async (_brief, { log, progress }) => {
          log('info', 'half\0way')
          progress(0.5)
          await beaten
          return { output: 1 }
        },
      },
    })
    for (const body of at.sent(beat).slice(0, 2)) {
      expect(body).toMatchObject({
        runs: [{ run_id: 'one', token: 3, progress: 0.5, log: [{ level: 'info', text: 'half\ufffdway' }] }],
      })
    }
  })

  it.each(['cancelled', 'stopped', 'lease_lost'])(
    'aborts the handler and reports nothing when told %s',
    async (kind) => {
      const at = await world('dropped')
      await using _server = at.server
      at.server.on(claim, give(runOf('one')))
      at.server.on(beat, outcome('ok'), outcome(kind))
      await at.run({ handlers: { shout: (_brief, { signal }) => untilAborted(signal) } })
      expect(at.notices).toContainEqual({ kind: 'dropped', run_id: 'one', outcome: kind })
      expect(at.sent(complete).concat(at.sent(failed), at.sent(release))).toEqual([])
    },
  )

  it('says what failed and whether another try may help', async () => {
    const at = await world('failed', 4)
    await using _server = at.server
    at.server.on(claim, give(runOf('a'), runOf('b'), runOf('c'), runOf('d', 'unheard-of')))
    at.server.on(failed, recorded, recorded, recorded, recorded)
    await at.run({
      concurrency: 4,
      handlers: {
        shout: async ({ run_id }) => {
          if (run_id === 'a') throw new Error('oops')
          if (run_id === 'b') throw new HandlerError('bad_input', 'no text', { retryable: false })
          return {} as never
        },
      },
    })
    const sent = at.sent(failed) as { run_id: string }[]
    expect(sent.sort((one, other) => (one.run_id < other.run_id ? -1 : 1))).toEqual([
      { run_id: 'a', token: 3, error: { code: 'handler_failed', message: 'oops' }, retryable: true },
      { run_id: 'b', token: 3, error: { code: 'bad_input', message: 'no text' }, retryable: false },
      { run_id: 'c', token: 3, error: { code: 'no_output', message: expect.any(String) }, retryable: false },
      { run_id: 'd', token: 3, error: { code: 'no_handler', message: expect.any(String) }, retryable: false },
    ])
  })

  it('gives its runs back when it shuts down, whether or not the handler listens', async () => {
    const at = await world(null)
    await using _server = at.server
    at.server.on(claim, give(runOf('one'), runOf('two')))
    at.server.on(release, recorded, recorded)
    await at.run({
      concurrency: 2,
      handlers: {
        shout: ({ run_id }, { signal }) => {
          if (run_id === 'one') return untilAborted(signal)
          at.stop.abort()
          return new Promise<never>(() => {})
        },
      },
    })
    expect(at.sent(release)).toHaveLength(2)
    expect(at.sent(release)).toContainEqual({ run_id: 'two', token: 3, reason: 'shutdown' })
    expect(at.sent(failed)).toEqual([])
  })

  it('lets handlers end within the time to drain', async () => {
    const at = await world(null)
    await using _server = at.server
    at.server.on(claim, give(runOf('one')))
    at.server.on(complete, recorded)
    await at.run({
      drain_ms: 10_000,
      handlers: {
        shout: async () => {
          at.stop.abort()
          return { output: 'done' }
        },
      },
    })
    expect(at.sent(complete)).toHaveLength(1)
  })

  it('keeps reporting a result through cuts and errors until it is taken', async () => {
    const at = await world('completed')
    await using _server = at.server
    at.server.on(claim, give(runOf('one')))
    const busy = fail('unavailable', 'busy', { retry_after_ms: 1 })
    at.server.on(complete, cut, fail('internal', 'oops'), busy, cut, recorded)
    await at.run()
    expect(new Set(at.sent(complete).map((body) => JSON.stringify(body))).size).toBe(1)
    expect(at.sent(complete)).toHaveLength(5)
  })

  it('drops a result whose lease is lost', async () => {
    const at = await world('trouble')
    await using _server = at.server
    at.server.on(claim, give(runOf('one')))
    at.server.on(complete, fail('lease_lost', 'the lease is lost'))
    await at.run()
    expect(at.notices.map(({ kind }) => kind)).toEqual(['claimed', 'trouble'])
  })

  it('waits out trouble with claims and throws what will not pass', async () => {
    const at = await world('completed')
    await using _server = at.server
    const stopped = fail('stopped', 'an emergency stop holds')
    at.server.on(claim, cut, stopped, fail('internal', 'oops'), give(runOf('one')), fail('unauthenticated', 'no'))
    at.server.on(complete, recorded)
    await at.run({ onNotice: (notice) => void at.notices.push(notice) }).then(
      () => expect.unreachable('the key is wrong'),
      (error) => expect(error).toMatchObject({ code: 'unauthenticated' }),
    )
    expect(at.notices.filter(({ kind }) => kind === 'trouble')).toHaveLength(3)
    expect(at.sent(complete)).toHaveLength(1)
  })
})
