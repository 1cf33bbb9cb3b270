import { inspect } from 'node:util'
import { errorTable } from '@muster/contract/errors'
import { createKey, revokeKey } from '@muster/contract/identity/operations'
import { goalId } from '@muster/contract/ids'
import { type Operation, operation } from '@muster/contract/operation'
import { operations } from '@muster/contract/operations'
import { agentPermissions } from '@muster/contract/permissions'
import { listTasks } from '@muster/contract/planner/tasks/task.operations'
import { getGlobalState } from '@muster/contract/state/operations'
import type { FastifyInstance } from 'fastify'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createApi } from '../src/app/services/serve.ts'
import { readConfig } from '../src/platform/config.ts'
import { MusterError } from '../src/platform/errors.ts'
import { createHttp } from '../src/platform/http/server.ts'
import { newId } from '../src/platform/ids.ts'
import { silent_log } from '../src/platform/log.ts'
import { createMetrics } from '../src/platform/metrics.ts'
import { goal, task } from './engine/steps.ts'
import { hints } from './hostile/hints.ts'
import { isBorne, type RequestParts, requestsOf, type Site, texts } from './hostile/requests.ts'
import { contentsOf, form, tenant } from './hostile/tenant.ts'
import { jsonOf, nested, wrongValues } from './hostile/values.ts'
import { testProgram } from './program.ts'

const made = await testProgram()
const { program, database, ours, theirs } = made
const mistakes: unknown[] = []
const log = { ...silent_log, error: (fields: object) => void mistakes.push(fields) }
const { http } = createApi(program, {
  config: readConfig({ MUSTER_DATA_DIR: made.folder, MUSTER_FAST: '1' }),
  database: { ...database, epoch: 1 },
  log,
})
const { app } = http
await app.ready()
const more = await made.twoMore()
// The fixtures of all let jobs come round: what is held or may be revoked must not run out meanwhile.
await database.clock.stop()
const us = await tenant(made, ours)
const them = await tenant(made, theirs)
/** Whoever does what is allowed, which changes things. */
const scratch = await tenant(made, more.ours)
/** Whoever asks for what is not there: some of what names it may be accepted, and fail later. */
const prober = await tenant(made, more.theirs)

const requestsBy = (operation: Operation, { things, more }: typeof us) =>
  requestsOf(operation, { things, hint: hints[operation.id]?.({ ...things, ...more }) ?? {} })

interface Sent {
  readonly key?: string | undefined
  readonly headers?: Readonly<Record<string, string>>
  readonly address?: string
  /** The body as it goes over the wire, instead of the request's. */
  readonly raw?: string | Buffer
  /** Another app than the product's. */
  readonly other?: FastifyInstance
}

async function send(operation: Operation, request: RequestParts, sent: Sent = {}) {
  const { key = ours.key, headers = {}, address = '127.0.0.1', raw, other = app } = sent
  const params = texts(request.params)
  const path = operation.path.replace(/\{([a-z_]+)\}/g, (_all, name: string) => encoded(params[name] ?? ''))
  const query = Object.entries(texts(request.query)).map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
  const isForm = operation.body_content === 'multipart'
  const payload =
    raw ??
    (request.body === undefined ? undefined : isForm ? form.text(texts(request.body as never)) : jsonOf(request.body))
  const type = isForm ? form.headers : { 'content-type': 'application/json' }
  const answer = await other.inject({
    method: operation.method,
    url: `${path}${query.length > 0 ? `?${query.join('&')}` : ''}`,
    remoteAddress: address,
    headers: {
      ...(key === '' ? {} : { authorization: `Bearer ${key}` }),
      ...(payload === undefined ? {} : type),
      ...headers,
    },
    ...(payload === undefined ? {} : { payload }),
  })
  return { status: answer.statusCode, text: answer.body, headers: answer.headers, shape: operation.errors }
}

type Answer = Awaited<ReturnType<typeof send>>
type Refused = Pick<Answer, 'status' | 'text'> & { readonly shape?: Answer['shape'] }

/** As `encodeURIComponent`, but for what is no Unicode at all: half a character becomes bytes that are no UTF-8. */
const encoded = (text: string): string =>
  encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\u0001')).replaceAll('%01', '%ed%a0%80')

/** What is wrong with a refusal: it is typed, in the envelope, and does not repeat what it was sent. */
function faultOf({ status, text, shape = 'envelope' }: Refused, wanted: readonly number[] = []): string | undefined {
  if (status < 400 || status > 499) return `answered ${status}: ${text.slice(0, 200)}`
  if (shape !== 'envelope') return foreignFaultOf({ status, text, shape }, wanted)
  if (wanted.length > 0 && !wanted.includes(status))
    return `answered ${status} instead of ${wanted}: ${text.slice(0, 200)}`
  if (text.length > 2_000) return `answered ${text.length} characters`
  const { success, data, error, metadata } = JSON.parse(text)
  if (success !== false || data !== null || !metadata.timestamp) return `no envelope: ${text.slice(0, 200)}`
  const known = errorTable[error.code as keyof typeof errorTable]
  if (known?.status !== status) return `${error.code} came with ${status}`
  return typeof error.message === 'string' && error.request_id === metadata.request_id
    ? undefined
    : `no error: ${text.slice(0, 200)}`
}

/** The same for refusals in another API's shape; what breaks a schema is 400 there. */
function foreignFaultOf({ status, text, shape }: Refused, wanted: readonly number[]): string | undefined {
  const allowed = wanted.map((one) => (one === 422 ? 400 : one))
  if (allowed.length > 0 && !allowed.includes(status))
    return `answered ${status} instead of ${allowed}: ${text.slice(0, 200)}`
  if (text.length > 2_000) return `answered ${text.length} characters`
  const { type, error } = JSON.parse(text)
  if (typeof error?.message !== 'string' || typeof error.type !== 'string') return `no error: ${text.slice(0, 200)}`
  if (shape === 'anthropic') return type === 'error' ? undefined : `no error of Anthropic’s: ${text.slice(0, 200)}`
  const known = errorTable[error.code as keyof typeof errorTable]?.status
  return (known === 422 ? 400 : known) === status ? undefined : `${error.code} came with ${status}`
}

const at_once = 8

/** Sends cases a few at a time and collects what is wrong with their answers, and what the server calls its own mistake. */
async function faultsOf(
  cases: readonly { readonly name: string; fault(): Promise<string | undefined> }[],
): Promise<string> {
  const faults: string[] = []
  const left = [...cases]
  const sendAll = async () => {
    for (let next = left.pop(); next; next = left.pop()) {
      const fault = await next.fault()
      if (fault !== undefined) faults.push(`${next.name}: ${fault}`)
    }
  }
  await Promise.all(Array.from({ length: at_once }, sendAll))
  const own = mistakes.splice(0).map((mistake) => inspect(mistake, { depth: 3 }))
  return [...faults, ...own].join('\n')
}

const held = async () => {
  // What this process holds ahead for calls goes and comes by itself.
  await program.gateway.flushUsage()
  return [await contentsOf(database, ours.organization_id), await contentsOf(database, theirs.organization_id)]
}
const before = await held()
const recorded = (await database.events(ours.organization_id)).length
const streams = new Set(['events', 'websocket'])
const named = operations.map((operation) => ({ id: operation.id, operation }))
const shown = (value: unknown): string => jsonOf(value).slice(0, 60)

describe.each(named)('$id', ({ operation }) => {
  const { base, sites } = requestsBy(operation, us)
  const takesBody = operation.body_content !== 'none'
  const needsKey = operation.permission !== 'none'

  it('refuses what does not fit', async () => {
    expect(isBorne(operation, base), `a good request, not ${jsonOf(base)}; give it a hint`).toBe(true)
    const requests = sites.flatMap((site) =>
      wrongValues(site).map((value) => ({ name: `${site.at} = ${shown(value)}`, request: site.put(value) })),
    )
    const unknown = { ...base, query: { ...base.query, unknown_name: '1' } }
    const refused = [...requests, { name: 'an unknown parameter', request: unknown }].filter(
      ({ request }) => !isBorne(operation, request),
    )
    const cases = refused
      // An empty part of a path is another path.
      .filter(({ request }) => !Object.values(texts(request.params)).includes(''))
      .map(({ name, request }) => ({
        name,
        fault: async () => faultOf(await send(operation, request), [400, 404, 413, 422]),
      }))
    expect(cases.length).toBeGreaterThan(0)
    expect(await faultsOf(cases)).toBe('')
  })

  if (takesBody)
    it('refuses bodies that are none', async () => {
      const { body_bytes } = operation.limits
      const json = jsonOf(base.body)
      const raws: { name: string; sent: Sent; wanted: number[] }[] = [
        {
          name: 'too large by its header',
          sent: { raw: '{}', headers: { 'content-length': String(body_bytes + 1) } },
          wanted: [413],
        },
        { name: 'another type', sent: { raw: json, headers: { 'content-type': 'text/plain' } }, wanted: [415] },
        { name: 'no type', sent: { raw: json, headers: { 'content-type': '' } }, wanted: [415] },
        {
          name: 'another alphabet',
          sent: {
            raw: json,
            headers: {
              'content-type': `${operation.body_content === 'json' ? 'application/json; charset=utf-16' : 'application/json'}`,
            },
          },
          wanted: [415],
        },
        ...(operation.body_content === 'json'
          ? jsonRefusals(json, sites)
          : formRefusals(base.body as Record<string, string>)),
      ]
      const cases = raws.map(({ name, sent, wanted }) => ({
        name,
        fault: async () => faultOf(await send(operation, base, sent), wanted),
      }))
      if (operation.body_content === 'json' && body_bytes <= 4 * 1024 * 1024) {
        const large = Buffer.alloc(body_bytes + 1, ' ')
        cases.push({
          name: 'too large',
          fault: async () => faultOf(await send(operation, base, { raw: large }), [413]),
        })
      }
      expect(await faultsOf(cases)).toBe('')
    })

  const headers = [
    ...(operation.idempotent === 'key' ? ['Idempotency-Key'] : []),
    ...operation.headers.filter((name) => name === 'If-Match'),
  ]
  if (headers.length > 0)
    it('refuses headers that say nothing', async () => {
      const values = ['a b', `"${'9'.repeat(400)}"`, '\u00e9', '"1" or 1=1', '{"a":']
      const cases = headers.flatMap((name) =>
        values
          .filter((value) => !(name === 'Idempotency-Key' && /^[!-~]{1,255}$/.test(value)))
          .map((value) => ({
            name: `${name}: ${value}`,
            fault: async () => faultOf(await send(operation, base, { headers: { [name]: value } }), [422]),
          })),
      )
      expect(await faultsOf(cases)).toBe('')
    })

  if (needsKey)
    it('refuses who may not', async () => {
      const { key: revoked, id } = await ours.call(createKey, { body: { name: 'Revoked' } })
      await ours.call(revokeKey, { params: { id } })
      const keys = { none: '', unknown: `mk_${'a'.repeat(43)}`, revoked, garbage: 'a\tb', long: 'x'.repeat(5000) }
      const cases = Object.entries(keys).map(([name, key], index) => ({
        name: `${name} key`,
        fault: async () =>
          faultOf(
            await send(operation, base, { key, address: `10.0.${operations.indexOf(operation)}.${index}` }),
            [401],
          ),
      }))
      if (operation.permission !== 'any' && !agentPermissions.some((own) => own === operation.permission)) {
        const { key } = us.other_agent
        cases.push({ name: 'agent’s key', fault: async () => faultOf(await send(operation, base, { key }), [403]) })
      }
      expect(await faultsOf(cases)).toBe('')
    })

  it('shows nothing of others, and tells them from nobody’s in no way', async () => {
    const foreign = requestsBy(operation, prober).sites.filter(
      ({ schema, at }) => schema.kind && schema.kind !== 'capability' && at !== 'body',
    )
    const cases = foreign.map((site) => ({ name: site.at, fault: () => difference(operation, site) }))
    expect(await faultsOf(cases)).toBe('')
  })
})

const method_names = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const

it('answers other methods with 405 and names those there are', async () => {
  const paths = new Set(operations.map(({ path }) => path))
  const cases = [...paths].flatMap((path) => {
    const there = operations.filter((operation) => matches(operation.path, path))
    const url = path.replace(/\{[a-z_]+\}/g, newId())
    return method_names
      .filter((method) => !there.some((operation) => operation.method === method))
      .map((method) => ({
        name: `${method} ${path}`,
        fault: async () => {
          const { statusCode: status, body: text, headers } = await app.inject({ method, url })
          const allow = String(headers.allow).split(', ')
          return there.every((operation) => allow.includes(operation.method))
            ? faultOf({ status, text, shape: there[0]?.errors ?? 'envelope' }, [405])
            : `allows ${allow}`
        },
      }))
  })
  expect(await faultsOf(cases)).toBe('')
})

/** Whether a path template is answered for another one too: `/goals/{id}` for `/goals/stats`. */
function matches(template: string, path: string): boolean {
  return new RegExp(`^${template.replace(/\{[a-z_]+\}/g, '[^/]+').replaceAll('.', '\\.')}$`).test(path)
}

describe('an agent’s key', () => {
  const byId = (id: string) => {
    const found = operations.find((operation) => operation.id === id)
    if (!found) throw new Error(`there is no operation ${id}`)
    return found
  }
  const held_by_another = [
    ...operations.filter(({ permission, id }) => permission === 'runs:work' && id !== 'worker.heartbeat'),
    ...['artifacts.get', 'artifacts.content', 'artifacts.lineage', 'goals.bundle', 'artifacts.upload'].map(byId),
  ]

  it.each(held_by_another.map((operation) => ({ id: operation.id, operation })))(
    '$id: not what is another agent’s',
    async ({ operation }) => {
      const { base } = requestsBy(operation, us)
      const answer = await send(operation, base, { key: us.other_agent.key })
      expect(faultOf(answer, [403, 404, 409])).toBeUndefined()
    },
  )

  it('names no artifact of others in its results', async () => {
    const { base } = requestsBy(byId('worker.complete'), us)
    for (const artifact_id of [them.things.artifactId, newId()]) {
      const body = { ...(base.body as object), artifacts: [{ artifact_id, role: 'report' }] }
      expect(faultOf(await send(byId('worker.complete'), { ...base, body }), [404])).toBeUndefined()
    }
  })

  it('keeps no lease of another agent alive, and lists nothing of its runs', async () => {
    const { base } = requestsBy(byId('worker.heartbeat'), us)
    const runs = [{ run_id: us.things.runId, token: 1 }]
    const answer = await send(byId('worker.heartbeat'), { ...base, body: { runs } }, { key: us.other_agent.key })
    expect(JSON.parse(answer.text).data.runs).toEqual([{ run_id: us.things.runId, outcome: 'lease_lost' }])
    const listed = await send(byId('artifacts.list'), { ...base, body: undefined }, { key: us.other_agent.key })
    expect(JSON.parse(listed.text).data.items).toEqual([])
  })
})

it('changed nothing by all that, in neither organization', async () => {
  const after = await held()
  // The keys that were to be refused had to be made and revoked first, and their agents were seen.
  const really = { identity_api_keys: expect.anything(), journal_entries: expect.anything() }
  expect(after[0]).toEqual({ ...before[0], ...really })
  expect(after[1]).toEqual(before[1])
  const types = (await database.events(ours.organization_id)).slice(recorded).map(({ type }) => type)
  expect([...new Set(types)].sort()).toEqual(['agent.presence', 'key.created', 'key.revoked'])
})

describe('this test can fail', () => {
  const careless = operation({
    id: 'careless',
    method: 'POST',
    path: '/api/v1/careless',
    permission: 'goals:write',
    audit: false,
    summary: 'Has the defects that are looked for.',
    body: z.strictObject({ id: goalId, text: z.string() }),
    response: z.object({ found: z.boolean() }),
  })
  const handlers: Readonly<Record<string, (body: { id: string; text: string }) => unknown>> = {
    'does it right': ({ id }) => {
      throw new MusterError('not_found', `Not found: goal ${id}.`)
    },
    'stores whatever comes': ({ text }) => {
      if (text.includes('\0')) throw new Error('invalid byte sequence for encoding "UTF8": 0x00')
      return { found: false }
    },
    'tells others’ ids from nobody’s': ({ id }) => {
      throw new MusterError(id === them.things.goalId ? 'forbidden' : 'not_found', `Not found: goal ${id}.`)
    },
    'repeats what it was sent': ({ text }) => {
      throw new MusterError('not_found', text.repeat(3_000))
    },
  }

  it.each(Object.entries(handlers))('and tells whether somebody %s', async (defect, handle) => {
    const { app: other } = createHttp({
      routes: [{ operation: careless, handle: async ({ body }) => handle(body as never) }],
      authenticate: program.identity.authenticate,
      log,
      metrics: createMetrics({ process: false }),
      behind_proxy: false,
    })
    const { base, sites } = requestsBy(careless, prober)
    const sent = { key: prober.api.key, other }
    const values = sites.flatMap((site) => wrongValues(site).map((value) => site.put(value)))
    const found = [
      ...(await Promise.all([base, ...values].map(async (request) => faultOf(await send(careless, request, sent))))),
      ...(await Promise.all(
        sites.filter(({ schema }) => schema.kind).map((site) => difference(careless, site, other)),
      )),
    ]
    const faults = found.filter((fault) => fault !== undefined && !fault.startsWith('answered 200'))
    expect(faults.length > 0).toBe(defect !== 'does it right')
    mistakes.length = 0
    await other.close()
  })
})

/** What a good request is answered with where its like has to be prepared first. */
const unprepared: Readonly<Record<string, string>> = {
  'agents.stop.lift': 'not_found',
  'judge.commit': 'ended',
  'organization.stop.lift': 'not_found',
  'policy.rollback': 'invalid',
  'projects.stop.lift': 'not_found',
}

describe('what fits', () => {
  const answering = named.filter(({ operation }) => !streams.has(operation.content))
  it.each(answering)('$id is answered, and never by a mistake of ours', async ({ operation }) => {
    // What changes something may end it, so each gets its own.
    const own = operation.method === 'GET' ? scratch : await tenant(made, (await made.twoMore()).ours)
    const { base, sites } = requestsBy(operation, own)
    const { key } = own.api
    const fault = async (request: RequestParts) => {
      const answer = await send(operation, request, { key })
      if (answer.status >= 400) return faultOf(answer)
      const fits = operation.content !== 'json' || operation.response.safeParse(JSON.parse(answer.text).data).success
      return fits ? undefined : `answered what its schema does not know: ${answer.text.slice(0, 300)}`
    }
    const good = await send(operation, base, { key })
    const code = unprepared[operation.id]
    expect(good).toMatchObject(
      code === undefined ? { status: operation.status } : { text: expect.stringContaining(`"code":"${code}"`) },
    )
    const requests = sites.flatMap((site) =>
      wrongValues(site).map((value) => ({ name: `${site.at} = ${shown(value)}`, request: site.put(value) })),
    )
    const borne = requests.filter(
      ({ request }) => isBorne(operation, request) && !Object.values(texts(request.params)).includes(''),
    )
    expect(await faultsOf(borne.map(({ name, request }) => ({ name, fault: () => fault(request) })))).toBe('')
  })

  it('names agents by their names wherever by their ids, and is worked off whatever it says', async () => {
    const own = await tenant(made, (await made.twoMore()).ours)
    const { key } = own.api
    const cases = answering.flatMap(({ operation }) =>
      requestsBy(operation, own)
        .sites.filter(
          ({ schema, place, at }) => schema.kind === 'agentRef' && place !== 'params' && at.includes('agent_id'),
        )
        .map(({ at, put }) => ({
          name: `${operation.id} ${at}`,
          async fault() {
            const [named, meant] = [
              await send(operation, put('builtin'), { key }),
              await send(operation, put(own.more.builtin), { key }),
            ]
            return named.status === meant.status
              ? undefined
              : `${named.text.slice(0, 300)} but ${meant.text.slice(0, 300)}`
          },
        })),
    )
    expect(cases.length).toBeGreaterThan(10)
    expect(await faultsOf(cases)).toBe('')
    const theirs_too = { scope: 'agent' as const, agent_id: 'builtin', document: 'global' }
    const reads = task('reads', { reads: [theirs_too], writes: [{ ...theirs_too, op: 'set', value: { by: 'name' } }] })
    const stated = await goal(own.api, [reads])
    expect(await made.work()).toBeGreaterThan(10)
    await made.tick()
    expect(await stated.statuses()).toEqual({ reads: 'done' })
    expect((await own.api.call(getGlobalState, { params: { agent_id: 'builtin' } })).value).toEqual({ by: 'name' })
    const { items } = await own.api.call(listTasks, { query: { limit: 200 } })
    expect(items.filter(({ status, capability }) => status === 'ready' && capability === 'noop')).toEqual([])
  })

  it('touched nobody else', async () => {
    expect((await held())[1]).toEqual(before[1])
  })
})

/** The same request with an id of the other organization and with one of nobody: the answers must be one. */
async function difference(operation: Operation, site: Site, other_app = app): Promise<string | undefined> {
  const { kind } = site.schema
  const sent = { key: prober.api.key, other: other_app }
  if (kind === undefined || streams.has(operation.content)) return undefined
  const nobodys = kind === 'documentKey' ? 'nobody’s' : newId()
  const pairs = [[them.things[kind] ?? newId(), nobodys]]
  if (kind === 'documentKey') pairs[0] = ['theirs', nobodys]
  for (const [other = '', unknown = ''] of pairs) {
    const [seen, nothing] = [
      await send(operation, site.put(other), sent),
      await send(operation, site.put(unknown), sent),
    ]
    if (seen.status !== nothing.status)
      return `${seen.status} ${seen.text.slice(0, 300)}, but ${nothing.status} for nobody’s ${nothing.text.slice(0, 300)}`
    if (seen.status < 400) continue
    const fault = faultOf(seen)
    if (fault) return fault
    const [a, b] = [neutral(seen.text, other), neutral(nothing.text, unknown)]
    if (a !== b) return `${a}, but ${b} for nobody’s`
  }
  return undefined
}

/** An answer without what differs between any two. */
function neutral(text: string, id: string): string {
  const { error, data } = JSON.parse(text)
  return JSON.stringify({ ...error, request_id: '', data }).replaceAll(id, 'ID')
}

function jsonRefusals(json: string, sites: readonly Site[]): { name: string; sent: Sent; wanted: number[] }[] {
  const at = (raw: string | Buffer, name: string, wanted: number[]) => ({ name, sent: { raw }, wanted })
  const objects = sites.filter(
    ({ place, schema }) => place === 'body' && (schema.type === 'object' || schema.type === undefined),
  )
  return [
    ...[
      '{',
      '{"a":',
      'undefined',
      "{'a':1}",
      `${json},`,
      '\u0000',
      '{"a":1}}',
      'NaN',
      '[1,]',
      `\ufeff\ufeff${json}`,
    ].map((raw) => at(raw, raw.slice(0, 20), [400, 422])),
    at(Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]), 'no UTF-8', [400]),
    at(nested(10_000), '10,000 levels', [422]),
    at('{"a":'.repeat(10_000), '10,000 objects, none closed', [422]),
    ...objects.map(({ at: name, put }) =>
      at(jsonOf(put('«here»')).replace('"«here»"', '{"__proto__":{"admin":true}}'), `${name} = __proto__`, [422]),
    ),
    ...objects.map(({ at: name, put }) =>
      at(jsonOf(put('«here»')).replace('"«here»"', nested(10_000)), `${name} = 10,000 levels`, [422]),
    ),
    at(
      json.replace(/^\{/, '{"\\u005f\\u005fproto\\u005f\\u005f":1,').replace(',}', '}'),
      'an escaped __proto__',
      [422],
    ),
  ]
}

function formRefusals(fields: Readonly<Record<string, string>>): { name: string; sent: Sent; wanted: number[] }[] {
  const whole = form.text(fields)
  const part = (head: string, text = 'x') => `--edge\r\ncontent-disposition: form-data; ${head}\r\n\r\n${text}\r\n`
  const cases: readonly (readonly [string, string, Record<string, string>?])[] = [
    ['no boundary', whole, { 'content-type': 'multipart/form-data' }],
    ['another boundary', whole, { 'content-type': 'multipart/form-data; boundary=other' }],
    ['cut off', whole.slice(0, -20)],
    ['no form', 'hello'],
    ['no file', `${part('name="type"', 'report')}--edge--\r\n`],
    ['a field twice', whole.replace('--edge', `${part('name="project_id"')}--edge`)],
    ['a field after the file', whole.replace(/--edge--\r\n$/, `${part('name="type"', 'report')}--edge--\r\n`)],
    ['a file by another name', whole.replace('name="file"', 'name="other"')],
    ['__proto__ as a field', `${part('name="__proto__"')}${whole}`],
    ['an unknown field', `${part('name="unknown_name"')}${whole}`],
    ['a name of nothing', whole.replace('a.txt', '')],
    ['a name that climbs', whole.replace('a.txt', '../../etc/passwd')],
    ['a null character in the name', whole.replace('a.txt', 'a\u0000.txt')],
    ['2,000 fields', `${Array.from({ length: 2_000 }, (_, at) => part(`name="f${at}"`)).join('')}${whole}`],
  ]
  return cases.map(([name, raw, headers]) => ({
    name,
    sent: { raw, ...(headers ? { headers } : {}) },
    wanted: [400, 413, 415, 422],
  }))
}
