import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { limits } from '@muster/contract/limits'
import type { Permission } from '@muster/contract/permissions'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { testDatabase } from '../../../test/database.ts'
import type { AuthenticatedCaller } from '../caller.ts'
import { sql } from '../db/sql.ts'
import { createHttp } from '../http/server.ts'
import { newId } from '../ids.ts'
import type { NewEvent } from '../journal/events.ts'
import { newSignerPem, signerFrom } from '../journal/seal.ts'
import { createSealedSignal } from '../journal/sealed-signal.ts'
import { createSequencer } from '../journal/sealing/sequencer.ts'
import { silent_log } from '../log.ts'
import { createMetrics } from '../metrics.ts'
import { system_principal } from '../principal.ts'
import { createConnectionLimits } from './connection-limits.ts'
import { eventStreamRoute } from './event-stream.ts'
import { createFeeds } from './feeds.ts'
import { createLogStreams, type LogLine, type ReadLogs } from './log-stream.ts'
import { attachSockets, close_codes, socketRoute } from './sockets.ts'

const database = await testDatabase()
const { db, engine, journal } = database
const sealed = createSealedSignal()
const sequencer = createSequencer({ engine, signer: signerFrom(newSignerPem()) })
const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const sequence = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)

async function record(organization_id: string, events: readonly Partial<NewEvent>[]): Promise<void> {
  await engine.transact(async (tx) =>
    journal.record(
      tx,
      organization_id,
      events.map((event) => ({ type: 'task.ready', actor: system_principal, ...event })),
    ),
  )
  for (;;) {
    const { organization_ids, more, waiting } = await sequencer.seal()
    sealed.tell(organization_ids)
    if (!more && !waiting) return
  }
}

/** What the worker does with its log; here against the same table. */
const readLogs: ReadLogs = async (tx, organization_id, { task_id, after, limit }) => {
  const state = await tx.row<{ ended: boolean }>(sql`
    select ended_at is not null as ended from planner_task_states where organization_id = ${organization_id} and id = ${task_id}`)
  if (state === undefined) return undefined
  const lines = await tx.rows<LogLine>(sql`
    select id, run_id, at, level, text from worker_run_logs
    where organization_id = ${organization_id} and task_id = ${task_id} and (${after ?? null}::uuid is null or id > ${after ?? null}::uuid)
    order by id limit ${limit}`)
  return { lines, ended: state.ended }
}

interface Options {
  readonly places_max?: number
  readonly heartbeat_ms?: number
  readonly buffer_events_max?: number
  readonly permissions?: readonly Permission[]
}

async function start({
  places_max = 100,
  heartbeat_ms = 60_000,
  buffer_events_max = 1_000,
  permissions = ['journal:read', 'tasks:read'],
}: Options = {}) {
  const organization_id = newId()
  const key_id = newId()
  const principal: AuthenticatedCaller = {
    organization_id,
    agent_id: null,
    principal: { kind: 'key', id: key_id },
    permissions: new Set(permissions),
  }
  const connection_limits = () => createConnectionLimits({ what: 'connections', max: places_max })
  const feeds = createFeeds({ db, sealed, log: silent_log, buffer_events_max, sweep_ms: 3_600_000 })
  const logs = createLogStreams({ db, readLogs, connection_limits: connection_limits(), look_ms: 60_000 })
  const { app, admit } = createHttp({
    routes: [
      eventStreamRoute({ feeds, connection_limits: connection_limits(), heartbeat_ms }),
      socketRoute,
      logs.route,
    ],
    authenticate: async (credential) => (credential === 'good' ? principal : undefined),
    log: silent_log,
    metrics: createMetrics({ process: false }),
    behind_proxy: false,
  })
  const sockets = attachSockets({
    server: app.server,
    admit,
    feeds,
    connection_limits: connection_limits(),
    log: silent_log,
    heartbeat_ms,
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  let is_open = true
  const close = async (reversed = false): Promise<void> => {
    if (!is_open) return
    is_open = false
    // In either order: neither waits for the other.
    const parts = [feeds, logs, sockets]
    for (const part of reversed ? parts.reverse() : parts) await part[Symbol.asyncDispose]()
    await app.close()
  }
  cleanups.push(() => close())
  return { organization_id, key_id, logs, close, http: `http://127.0.0.1:${port}`, ws: `ws://127.0.0.1:${port}` }
}

const good = { authorization: 'Bearer good' }

/** The blocks of a stream of server-sent events as they come. */
async function sse(url: string, headers: Record<string, string> = {}) {
  const aborter = new AbortController()
  cleanups.push(() => aborter.abort())
  const response = await fetch(url, { headers: { ...good, ...headers }, signal: aborter.signal })
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/)
  const chunks = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  async function block(): Promise<string | undefined> {
    for (;;) {
      const end = text.indexOf('\n\n')
      if (end >= 0) {
        const found = text.slice(0, end)
        text = text.slice(end + 2)
        return found
      }
      const { value, done } = (await chunks?.read()) ?? { done: true }
      if (done) return undefined
      text += value
    }
  }
  async function data(count: number): Promise<{ number: number; id: string; [more: string]: unknown }[]> {
    const found = []
    while (found.length < count) {
      const next = await block()
      if (next === undefined) break
      const line = /^data: (.*)$/m.exec(next)?.[1]
      if (line !== undefined) found.push(JSON.parse(line))
    }
    return found
  }
  return { block, data, leave: () => aborter.abort() }
}

interface Client {
  readonly socket: WebSocket
  readonly numbers: number[]
  /** Resolves when so many events have come. */
  seen(count: number): Promise<void>
  readonly closed: Promise<{ code: number; reason: string }>
}

async function ws(url: string, headers: Record<string, string> = good, protocols: string[] = []): Promise<Client> {
  const socket = new WebSocket(url, protocols, { headers })
  cleanups.push(() => socket.terminate())
  const numbers: number[] = []
  socket.on('message', (text) => void numbers.push(JSON.parse(String(text)).number))
  const closed = once(socket, 'close').then(([code, reason]) => ({ code: Number(code), reason: String(reason) }))
  await once(socket, 'open')
  return {
    socket,
    numbers,
    closed,
    async seen(count) {
      while (numbers.length < count) await once(socket, 'message')
    },
  }
}

async function refusalOf(url: string, headers: Record<string, string>): Promise<number> {
  const socket = new WebSocket(url, { headers })
  socket.on('error', () => {})
  const [, response] = await once(socket, 'unexpected-response')
  response.resume()
  return response.statusCode
}

describe('the stream of server-sent events', () => {
  it('goes on after the last event seen: none is missed, none comes twice', async () => {
    const { organization_id, http } = await start()
    await record(organization_id, [{}, {}, {}])
    const seen: number[] = []
    let last_id = '0'
    for (const count of [2, 3, 1, 4]) {
      const stream = await sse(`${http}/api/v1/events/stream`, { 'last-event-id': last_id })
      const recording = record(organization_id, [{}, {}, {}])
      for (const { number } of await stream.data(count)) seen.push(number)
      await recording
      stream.leave()
      last_id = String(seen.at(-1))
    }
    expect(seen).toEqual(sequence(1, 10))
  })

  it('begins from now on, and gives events as lists give them', async () => {
    const { organization_id, http } = await start()
    await record(organization_id, [{}, {}])
    const stream = await sse(`${http}/api/v1/events/stream`)
    expect(await stream.block()).toContain('id: 2')
    const [task_id, agent_id] = [newId(), newId()]
    await record(organization_id, [
      { type: 'task.started', task_id, actor: { kind: 'agent', id: agent_id }, data: { n: 1 } },
    ])
    const [event] = await stream.data(1)
    expect(event).toMatchObject({ number: 3, type: 'task.started', organization_id, task_id, agent_id, data: { n: 1 } })
  })

  it('filters by project, goal, task and family, behind the cursor and live', async () => {
    const { organization_id, http } = await start()
    const [project_id, goal_id] = [newId(), newId()]
    const events: Partial<NewEvent>[] = [
      { project_id, goal_id },
      { project_id },
      {},
      { type: 'approval.opened', project_id, goal_id },
    ]
    await record(organization_id, events)
    const wanted = {
      [`project_id=${project_id}`]: [1, 2, 4, 5, 6, 8],
      [`goal_id=${goal_id}`]: [1, 4, 5, 8],
      'family=hitl': [4, 8],
    }
    const streams = await Promise.all(
      Object.keys(wanted).map((query) => sse(`${http}/api/v1/events/stream?after=0&${query}`)),
    )
    await record(organization_id, events)
    for (const [index, numbers] of Object.values(wanted).entries())
      expect((await streams[index]?.data(numbers.length))?.map(({ number }) => number)).toEqual(numbers)
  })

  it('shows nothing of another organization', async () => {
    const { organization_id, http } = await start()
    const stream = await sse(`${http}/api/v1/events/stream?after=0`)
    await record(newId(), [{}, {}])
    await record(organization_id, [{ data: { mine: true } }])
    expect(await stream.data(1)).toMatchObject([{ number: 1, organization_id, data: { mine: true } }])
  })

  it('beats with its cursor while nothing happens', async () => {
    const { organization_id, http } = await start({ heartbeat_ms: 20 })
    await record(organization_id, [{}])
    const stream = await sse(`${http}/api/v1/events/stream?family=hitl`)
    await stream.block()
    await record(organization_id, [{}, {}])
    for (let beat = ''; !beat.includes('id: 3'); ) {
      beat = (await stream.block()) ?? ''
      expect(beat).toMatch(/^: heartbeat\nid: \d+$/)
    }
  })

  it('cuts off who reads too slowly, who can go on with the last id', async () => {
    const { organization_id, http } = await start({ buffer_events_max: 10 })
    const stream = await sse(`${http}/api/v1/events/stream?after=0`)
    await record(organization_id, [{}])
    expect(await stream.data(1)).toHaveLength(1)
    const data = { pad: 'x'.repeat(200_000) }
    let total = 1
    for (; total < 151; total += 10)
      await record(
        organization_id,
        sequence(1, 10).map(() => ({ data })),
      )
    let last = 1
    await expect(async () => {
      for (;;) last = (await stream.data(1))[0]?.number ?? Number.NaN
    }).rejects.toThrow()
    expect(last).toBeLessThan(total)
    const again = await sse(`${http}/api/v1/events/stream`, { 'last-event-id': String(last) })
    expect((await again.data(total - last)).map(({ number }) => number)).toEqual(sequence(last + 1, total))
  })

  it('says why it ends when the server goes away', async () => {
    const { http, close } = await start()
    const stream = await sse(`${http}/api/v1/events/stream`)
    await stream.block()
    const closing = close()
    expect(await stream.block()).toMatch(/closed, the server is shutting down/)
    expect(await stream.block()).toBeUndefined()
    await closing
  })

  it('starts over with a notice where the cursor leads nowhere, and misses nothing from there on', async () => {
    const { organization_id, http } = await start()
    await record(organization_id, [{}, {}, {}])
    const url = `${http}/api/v1/events/stream`
    for (const [last_id, reason] of [
      ['9', 'ahead'],
      ['x', 'unknown'],
      ['99999999999999999999', 'unknown'],
      ['-1', 'unknown'],
    ] as const) {
      const stream = await sse(url, { 'last-event-id': last_id })
      const first = (await stream.block()) ?? ''
      expect(first.split('\n')).toEqual([
        ': events',
        expect.stringMatching(/^id: \d+$/),
        'event: reset',
        expect.stringMatching(/^data: /),
      ])
      const notice = JSON.parse(first.slice(first.indexOf('data: ') + 6))
      expect(notice).toEqual({ type: 'reset', reason, after: last_id, cursor: expect.any(Number) })
      expect(first).toContain(`id: ${notice.cursor}\n`)
      await record(organization_id, [{}])
      expect((await stream.data(1))[0]?.number).toBe(notice.cursor + 1)
    }
    expect((await (await sse(`${url}?after=70`)).block())?.split('\n')).toContain('event: reset')
    // An empty one is none.
    expect(await (await sse(url, { 'last-event-id': '' })).block()).toBe(': events\nid: 7')
  })

  it('starts over with a notice behind events that were removed', async () => {
    const { organization_id, http, ws: address } = await start()
    await record(organization_id, [{}, {}, {}, {}])
    await database.sql(
      `insert into journal_retired (organization_id, through_number, head) values ($1, 2, sha256('x'))`,
      [organization_id],
    )
    const notice = { type: 'reset', reason: 'removed', after: '1', cursor: 2 }
    const stream = await sse(`${http}/api/v1/events/stream?after=1`)
    expect(await stream.block()).toContain(JSON.stringify(notice))
    expect((await stream.data(2)).map(({ number }) => number)).toEqual([3, 4])
    expect(await (await sse(`${http}/api/v1/events/stream?after=2`)).block()).toBe(': events\nid: 2')
    const client = await ws(`${address}/ws?after=1`, good)
    await client.seen(3)
    expect(client.numbers).toEqual([undefined, 3, 4])
  })

  it('refuses bad cursors of a query, missing keys and missing permissions', async () => {
    const { http } = await start()
    const url = `${http}/api/v1/events/stream`
    expect((await fetch(`${url}?after=x`, { headers: good })).status).toBe(422)
    expect((await fetch(`${url}?family=x`, { headers: good })).status).toBe(422)
    expect((await fetch(url)).status).toBe(401)
    const { http: other } = await start({ permissions: ['goals:read'] })
    expect((await fetch(`${other}/api/v1/events/stream`, { headers: good })).status).toBe(403)
  })
})

describe('the WebSocket', () => {
  it('gives every event once over many connections, while events are being recorded', async () => {
    const { organization_id, ws: url } = await start()
    const recording = (async () => {
      for (const n of sequence(1, 30)) await record(organization_id, [{ data: { n } }, {}])
    })()
    const seen: number[] = []
    while (seen.length < 60) {
      const client = await ws(`${url}/ws?after=${seen.at(-1) ?? 0}`)
      await client.seen(Math.min(7, 60 - seen.length))
      client.socket.terminate()
      seen.push(...client.numbers)
    }
    await recording
    expect(seen).toEqual(sequence(1, 60))
  })

  it('reads new events once, however many listen', async () => {
    const { organization_id, ws: url } = await start()
    const clients = await Promise.all(sequence(1, 20).map(() => ws(`${url}/ws?after=0`)))
    await record(organization_id, [{}])
    await Promise.all(clients.map((client) => client.seen(1)))
    const before = database.counts.transactions
    await record(organization_id, [{}])
    await Promise.all(clients.map((client) => client.seen(2)))
    // One for the record, at most three to seal, one or two to read.
    expect(database.counts.transactions - before).toBeLessThan(8)
  })

  it('gives nothing twice to who has read further than the others were told', async () => {
    const { organization_id, ws: url } = await start()
    const told = await ws(`${url}/ws?after=0`)
    await record(organization_id, [{}])
    await told.seen(1)
    await engine.transact(async (tx) =>
      journal.record(tx, organization_id, [
        { type: 'task.ready', actor: system_principal },
        { type: 'task.done', actor: system_principal },
      ]),
    )
    while ((await sequencer.seal()).events === 0);
    const ahead = await ws(`${url}/ws?after=0`)
    await ahead.seen(3)
    await told.seen(3)
    await record(organization_id, [{}])
    await Promise.all([ahead.seen(4), told.seen(4)])
    expect(ahead.numbers).toEqual([1, 2, 3, 4])
    expect(told.numbers).toEqual([1, 2, 3, 4])
  })

  it('takes the session’s cookie from pages of its own alone', async () => {
    const { organization_id, http, ws: url } = await start()
    const cookie = 'muster_key=good'
    const page = await ws(`${url}/ws`, { cookie, origin: http }, ['muster.v1'])
    await record(organization_id, [{}])
    await page.seen(1)
    for (const origin of [
      'http://evil.example',
      'null',
      http.replace('127.0.0.1', 'localhost'),
      `${http}.evil.example`,
    ])
      expect([origin, await refusalOf(`${url}/ws`, { cookie, origin })]).toEqual([origin, 403])
    expect(await refusalOf(`${url}/ws`, { cookie })).toBe(403)
    expect(await refusalOf(`${url}/ws`, { cookie: 'muster_key=bad', origin: http })).toBe(401)
    const program = await ws(`${url}/ws`, { ...good, origin: 'http://evil.example' })
    await record(organization_id, [{}])
    await program.seen(1)
  })

  it('takes a key as header or, for browsers, among the subprotocols, and refuses the rest', async () => {
    const { ws: url, http } = await start()
    await ws(`${url}/ws`, { 'x-api-key': 'good' })
    const browser = await ws(`${url}/ws/`, {}, ['muster.v1', 'muster.key.good'])
    expect(browser.socket.protocol).toBe('muster.v1')
    expect(await refusalOf(`${url}/ws`, {})).toBe(401)
    expect(await refusalOf(`${url}/ws`, { authorization: 'Bearer bad' })).toBe(401)
    expect(await refusalOf(`${url}/ws?project_id=1`, good)).toBe(422)
    expect(await refusalOf(`${url}/ws?after=x`, good)).toBe(422)
    expect(await refusalOf(`${url}/elsewhere`, good)).toBe(404)
    expect((await fetch(`${http}/ws`, { headers: good })).status).toBe(422)
    const other = await start({ permissions: ['goals:read'] })
    expect(await refusalOf(`${other.ws}/ws`, good)).toBe(403)
  })

  it('says where it goes on, in its first message, to a client whose cursor lies ahead', async () => {
    const { organization_id, ws: url } = await start()
    await record(organization_id, [{}])
    const client = new WebSocket(`${url}/ws?after=5`, { headers: good })
    cleanups.push(() => client.terminate())
    const [text] = await once(client, 'message')
    expect(JSON.parse(String(text))).toEqual({ type: 'reset', reason: 'ahead', after: '5', cursor: 1 })
    await record(organization_id, [{}])
    const [next] = await once(client, 'message')
    expect(JSON.parse(String(next))).toMatchObject({ number: 2 })
  })

  it('has places for so many of an organization, and gives them back', async () => {
    const { ws: url } = await start({ places_max: 2 })
    const [first] = [await ws(`${url}/ws`), await ws(`${url}/ws`)]
    expect(await refusalOf(`${url}/ws`, good)).toBe(429)
    first.socket.close()
    await first.closed
    for (;;) {
      try {
        await ws(`${url}/ws`)
        break
      } catch {
        // The server sees the close a moment after the client.
      }
    }
    expect(limits.websockets_per_organization_max).toBe(100)
  })

  it('cuts off who reads too slowly, with a code and the cursor to come again with', async () => {
    const { organization_id, ws: url } = await start({ buffer_events_max: 10 })
    const client = await ws(`${url}/ws?after=0`)
    await record(organization_id, [{}])
    await client.seen(1)
    client.socket.pause()
    const data = { pad: 'x'.repeat(200_000) }
    let total = 1
    for (; total < 151; total += 10)
      await record(
        organization_id,
        sequence(1, 10).map(() => ({ data })),
      )
    client.socket.resume()
    const { code, reason } = await client.closed
    expect(code).toBe(close_codes.slow)
    const after = Number(/after=(\d+)$/.exec(reason)?.[1])
    expect(client.numbers).toEqual(sequence(1, after))
    expect(after).toBeLessThan(total)
    const again = await ws(`${url}/ws?after=${after}`)
    await again.seen(total - after)
    expect(again.numbers).toEqual(sequence(after + 1, total))
  })

  it('pings, and drops who does not answer', async () => {
    const { ws: url } = await start({ heartbeat_ms: 200 })
    const alive = await ws(`${url}/ws`)
    await once(alive.socket, 'ping')
    const dead = new WebSocket(`${url}/ws`, { headers: good, autoPong: false })
    const [code] = await once(dead, 'close')
    expect(code).toBe(1006)
    await once(alive.socket, 'ping')
    expect(alive.socket.readyState).toBe(WebSocket.OPEN)
  })

  it('closes with a reason when the server goes away, and when the key is revoked', async () => {
    const { organization_id, key_id, ws: url, close } = await start()
    const [client, filtered] = [await ws(`${url}/ws`), await ws(`${url}/ws?family=hitl&after=0`)]
    await record(organization_id, [{ type: 'key.revoked', data: { key_id: newId() } }])
    await client.seen(1)
    const closing = close()
    expect(await client.closed).toMatchObject({ code: 1001, reason: expect.stringMatching(/shutting down.*after=1$/) })
    await closing
    await filtered.closed
    const other = await start()
    const mine = await ws(`${other.ws}/ws?family=hitl`)
    await record(other.organization_id, [{ type: 'key.revoked', data: { key_id: other.key_id } }])
    expect(await mine.closed).toEqual({ code: close_codes.revoked, reason: 'the key was revoked' })
    expect(key_id).not.toBe(other.key_id)
  })

  it('does not wait for clients that never say goodbye', async () => {
    const { ws: url, close } = await start()
    const deaf = await ws(`${url}/ws`)
    deaf.socket.pause()
    const polite = await ws(`${url}/ws`)
    await close(true)
    expect((await polite.closed).code).toBe(close_codes.shutdown)
  })

  it('is not disturbed by clients that send, also too much', async () => {
    const { organization_id, ws: url } = await start()
    const [client, loud] = [await ws(`${url}/ws`), await ws(`${url}/ws`)]
    client.socket.send('hello')
    loud.socket.send('x'.repeat(100_000))
    expect((await loud.closed).code).toBe(1009)
    await record(organization_id, [{}])
    await client.seen(1)
  })
})

describe('the stream of a task’s log', () => {
  async function makeTask(organization_id: string): Promise<string> {
    const task_id = newId()
    await database.sql(
      `insert into planner_task_states (organization_id, id, status, waits_on) values ($1, $2, 'running', 0)`,
      [organization_id, task_id],
    )
    return task_id
  }
  const write = (organization_id: string, task_id: string, text: string) =>
    database.sql(
      `insert into worker_run_logs (organization_id, id, task_id, run_id, at, level, text) values ($1, $2, $3, $4, now(), 'info', $5)`,
      [organization_id, newId(), task_id, newId(), text],
    )
  const end = (task_id: string) =>
    database.sql(`update planner_task_states set status = 'done', ended_at = now() where id = $1`, [task_id])

  it('gives what was logged and what is being logged, goes on by cursor, and ends with the task', async () => {
    const { organization_id, http, logs } = await start()
    const task_id = await makeTask(organization_id)
    const url = `${http}/api/v1/logs/${task_id}/stream`
    await write(organization_id, task_id, 'one')
    const stream = await sse(url)
    const [one] = await stream.data(1)
    expect(one).toMatchObject({ text: 'one', level: 'info' })
    await write(organization_id, task_id, 'two')
    logs.wake(task_id)
    expect(await stream.data(1)).toMatchObject([{ text: 'two' }])
    await write(organization_id, task_id, 'three')
    await end(task_id)
    logs.wake(task_id)
    expect(await stream.data(1)).toMatchObject([{ text: 'three' }])
    expect(await stream.block()).toBe('event: end\ndata: {}')
    expect(await stream.block()).toBeUndefined()
    const again = await sse(url, { 'last-event-id': one?.id ?? '' })
    expect(await again.data(2)).toMatchObject([{ text: 'two' }, { text: 'three' }])
    expect(await again.block()).toBe('event: end\ndata: {}')
  })

  it('begins again, with a notice, where the cursor is no line', async () => {
    const { organization_id, http } = await start()
    const task_id = await makeTask(organization_id)
    await write(organization_id, task_id, 'one')
    const stream = await sse(`${http}/api/v1/logs/${task_id}/stream`, { 'last-event-id': '17' })
    expect(await stream.block()).toBe(': log')
    expect(await stream.block()).toBe(
      `event: reset\ndata: ${JSON.stringify({ type: 'reset', reason: 'unknown', after: '17', cursor: 0 })}`,
    )
    expect(await stream.data(1)).toMatchObject([{ text: 'one' }])
  })

  it('is not found for tasks of others, and ends when the server goes away', async () => {
    const { organization_id, http, close } = await start()
    const foreign = await makeTask(newId())
    expect((await fetch(`${http}/api/v1/logs/${foreign}/stream`, { headers: good })).status).toBe(404)
    const task_id = await makeTask(organization_id)
    const stream = await sse(`${http}/api/v1/logs/${task_id}/stream`)
    await stream.block()
    const closing = close()
    expect(await stream.block()).toMatch(/shutting down/)
    await closing
  })
})
