import type { Operation } from '@muster/contract/operation'
import { operations } from '@muster/contract/operations'
import { hints, type NamedThings } from '../hostile/hints.ts'
import { texts as asTexts, isBorne, type RequestParts, requestsOf, type Site } from '../hostile/requests.ts'
import { form } from '../hostile/tenant.ts'
import { jsonOf } from '../hostile/values.ts'
import { createRandom, type Random } from '../kill/random.ts'
import { anything, texts, valueFor } from './values.ts'

/** What a request needs to be made again: `headers` go out as they are, with the key added. */
export interface FuzzedRequest {
  readonly index: number
  readonly operation: string
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly payload: string | undefined
}

/** Connections that stay open, and what would end the fuzz's own key. */
const left_out = new Set(['events.stream', 'events.socket', 'worker.log-stream', 'keys.revoke', 'session.close'])

interface Prepared {
  readonly operation: Operation
  readonly base: RequestParts
  readonly sites: readonly Site[]
}

/** Makes requests out of good ones: one place takes another value by its schema, and often more goes wrong with it. */
export function createRequests({ seed, named }: { readonly seed: number; readonly named: NamedThings }) {
  const prepared = operations
    .filter(({ id }) => !left_out.has(id))
    .map((operation): Prepared => {
      const hint = hints[operation.id]?.(named) ?? {}
      return { operation, ...requestsOf(operation, { things: named, hint }) }
    })
  // Whoever ends the built-in agent ends the work of all.
  const ids = Object.values(named).filter((id) => id !== named.builtin)
  return (index: number): FuzzedRequest => {
    const random = createRandom(seed, index)
    const { operation, base, sites } = random.pick(prepared)
    const request = withoutRates(operation, mutated({ base, sites, ids }, random))
    const headers = { ...(random.chance(0.15) && oddHeaders(random)) }
    const { payload, type } = payloadOf(operation, request, random)
    return {
      index,
      operation: operation.id,
      method: operation.method,
      url: urlOf(operation, request, random),
      headers: { ...(type !== undefined && { 'content-type': type }), ...headers },
      payload,
    }
  }
}

function mutated(
  { base, sites, ids }: Omit<Prepared, 'operation'> & { readonly ids: readonly string[] },
  random: Random,
): RequestParts {
  if (sites.length === 0 || random.chance(0.1)) return base
  const site = random.pick(sites)
  const { kind } = site.schema
  const value = kind !== undefined && random.chance(0.5) ? random.pick(ids) : valueFor(site.schema, random)
  const request = site.put(value)
  return random.chance(0.7) ? request : { ...request, body: disturbed(request.body, random) }
}

/** The same body with fields removed, added or replaced, whatever their schemas say. */
function disturbed(body: unknown, random: Random): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return random.chance(0.2) ? anything(random) : body
  const entries = Object.entries(body).filter(() => random.chance(0.9))
  const changed = entries.map(([name, value]) => [
    name,
    random.chance(0.2) ? anything(random) : random.chance(0.3) ? disturbed(value, random) : value,
  ])
  const more = random.chance(0.3) ? [[random.pick(texts), anything(random)]] : []
  return Object.fromEntries([...changed, ...more])
}

/** A policy that lets the fuzz ask once a minute would end it, so only what is refused says anything of rates. */
function withoutRates(operation: Operation, request: RequestParts): RequestParts {
  const text = jsonOf(request.body)
  if (!text.includes('"rate_limits"') || !isBorne(operation, request)) return request
  return { ...request, body: JSON.parse(text.replaceAll('"rate_limits"', '"rates"')) }
}

function oddHeaders(random: Random): Record<string, string> {
  const value = random.pick([
    '*',
    '"1"',
    'W/"1"',
    '"2147483648"',
    '"99999999999999999999"',
    '"-1"',
    '',
    '"',
    'bytes=0-',
    'bytes=-1',
    'bytes=5-2',
    'bytes=0-0,2-3',
    'bytes=99999999999999999999-',
    '2147483648',
    '9007199254740993',
    'a'.repeat(300),
    'é',
    'gzip',
    'br, gzip',
    'text/html',
    'https://example.org',
    '0',
    '2023-06-01',
    'null',
    random.pick(['k1', 'k2', 'k3']),
  ])
  const name = random.pick([
    'if-match',
    'if-none-match',
    'range',
    'if-range',
    'last-event-id',
    'idempotency-key',
    'x-request-id',
    'accept',
    'origin',
    'content-encoding',
    'content-type',
    'x-muster-project',
    'x-muster-goal',
    'anthropic-version',
    'cookie',
    'expect',
    'x-forwarded-for',
  ])
  return { [name]: value }
}

function payloadOf({ body_content }: Operation, { body }: RequestParts, random: Random) {
  if (body_content === 'none')
    return random.chance(0.03) ? { payload: '{}', type: 'application/json' } : { payload: undefined, type: undefined }
  if (body_content === 'multipart') return { payload: formOf(body, random), type: form.headers['content-type'] }
  const text = jsonOf(body)
  const type = random.chance(0.02) ? random.pick(types) : 'application/json'
  return { payload: random.chance(0.04) ? broken(text, random) : text, type }
}

const types = [
  'text/plain',
  'application/json; charset=utf-16',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/merge-patch+json',
  'APPLICATION/JSON',
  'application/json;',
]

function formOf(body: unknown, random: Random): string {
  const fields = typeof body === 'object' && body !== null ? asTexts(Object.fromEntries(Object.entries(body))) : {}
  const file = random.pick(['Some text.', '', '\u0000\u0001', '<svg onload="a()">'])
  const whole = form.text(fields, file)
  const text = random.chance(0.2) ? whole.replace('a.txt', random.pick([...texts, '..', 'a/../b', 'con'])) : whole
  return random.chance(0.1) ? text.slice(0, random.integer(0, text.length - 1)) : text
}

function broken(text: string, random: Random): string {
  return random.pick([
    text.slice(0, random.integer(0, text.length)),
    `${text}]`,
    '',
    'null',
    '[]',
    '"a"',
    `\ufeff${text}`,
    text.replace(':', ':\u0000'),
    text.replace(/"([a-z_]+)":/, '"$1":1,"$1":'),
    '{"__proto__":{"a":1}}',
    '{"a":'.repeat(30_000),
    '['.repeat(50_000),
    `${'['.repeat(5_000)}${']'.repeat(5_000)}`,
  ])
}

function urlOf(operation: Operation, { params, query }: RequestParts, random: Random): string {
  const values = asTexts(params)
  const path = operation.path.replace(/\{([a-z_]+)\}/g, (_all, name: string) =>
    encoded(random.chance(0.03) ? random.pick(texts) : (values[name] ?? '')),
  )
  const pairs = Object.entries(asTexts(query)).map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
  if (random.chance(0.08)) pairs.push(random.pick([...pairs, ...oddPairs(random)]))
  return pairs.length === 0 ? path : `${path}?${pairs.join('&')}`
}

function oddPairs(random: Random): string[] {
  const cursor = Buffer.from(
    random.pick(['created_at', 'due_at', 'oldest 1', 'newest 99999999999999', '2147483648', ...texts]),
  ).toString('base64url')
  const place = Buffer.from(`${random.pick(texts)} 01890a5d-ac96-774b-bcce-b302099a8057`).toString('base64url')
  return [
    `cursor=${cursor}`,
    `cursor=${place}`,
    `cursor=k${cursor}`,
    'limit=1&limit=2',
    'limit=99999999999',
    'page=1000000&page_size=200',
    'offset=1000000',
    'a[]=1',
    '__proto__=1',
    '%zz',
    '%ed%a0%80=1',
    '&&&=',
    `after=${Number.MAX_SAFE_INTEGER}`,
  ]
}

/** As `encodeURIComponent`, but for what is no Unicode: half a character becomes bytes that are no UTF-8. */
function encoded(text: string): string {
  const whole = text.slice(0, 2_000).replace(/\p{Surrogate}/gu, '\u0001')
  return encodeURIComponent(whole).replaceAll('%01', '%ed%a0%80')
}
