import { isDeepStrictEqual } from 'node:util'
import * as ids from '@muster/contract/ids'
import type { Operation } from '@muster/contract/operation'
import { capabilityName } from '@muster/contract/planner/tasks/task-definitions'
import { documentKey } from '@muster/contract/state/documents'
import { agentRef } from '@muster/contract/values'
import { z } from 'zod'

/** A request before it is written down: parameters and query as text, the body as data. */
export interface RequestParts {
  readonly params: Readonly<Record<string, unknown>>
  readonly query: Readonly<Record<string, unknown>>
  readonly body: unknown
}

/** What a value names: ids by what they are of, so that those of others can be put in their place. */
export type Kind = Exclude<keyof typeof ids, 'idFrom'> | 'agentRef' | 'documentKey' | 'capability'

/** A place in a request where a value stands, and a whole request with another value there. */
export interface Site {
  readonly at: string
  readonly place: keyof RequestParts
  readonly schema: Schema
  put(value: unknown): RequestParts
}

/** JSON Schema as zod writes it, with what a value names. */
export interface Schema {
  readonly type?: string
  readonly kind?: Kind
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly format?: string
  readonly pattern?: string
  readonly minLength?: number
  readonly minItems?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly maxLength?: number
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: Schema | boolean
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
}

const kinds = new Map<unknown, Kind>([
  ...Object.entries(ids).map(([name, schema]): [unknown, Kind] => [schema, name as Kind]),
  [agentRef, 'agentRef'],
  [documentKey, 'documentKey'],
  [capabilityName, 'capability'],
])

/** What stands for something of an organization, by what it is. */
export type Things = Readonly<Partial<Record<Kind, string>>>

/** What only the meaning of an operation tells: which of its optional fields make a good request. */
export interface Hint {
  readonly params?: Readonly<Record<string, unknown>>
  readonly query?: Readonly<Record<string, unknown>>
  readonly body?: Readonly<Record<string, unknown>>
}

/** A good request of an operation, and every place in it, as its schemas say. */
export function requestsOf(operation: Operation, { things, hint = {} }: { things: Things; hint?: Hint }) {
  const schemas = {
    params: schemaOf(operation.params),
    query: schemaOf(operation.query),
    body: operation.body_content === 'none' ? undefined : schemaOf(operation.body),
  }
  const base: RequestParts = {
    params: { ...(sample(schemas.params, things) as RequestParts['params']), ...hint.params },
    query: { ...(sample(schemas.query, things) as RequestParts['query']), ...hint.query },
    body: schemas.body && mixed(sample(schemas.body, things), hint.body),
  }
  const sites: Site[] = []
  for (const place of ['params', 'query', 'body'] as const) {
    const schema = schemas[place]
    if (!schema) continue
    const from: From = { at: place, place, depth: 0, value: base[place], put: (value) => ({ ...base, [place]: value }) }
    // Parameters and query are always there; what stands in them is what can be wrong.
    walk(schema, from, { things, sites })
  }
  return {
    base,
    sites: sites.filter(({ place, at }) => at !== place || (place === 'body' && operation.body_content === 'json')),
  }
}

function schemaOf(schema: z.ZodType): Schema {
  const made = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override({ zodSchema, jsonSchema }) {
      const kind = kinds.get(zodSchema)
      if (kind !== undefined) (jsonSchema as { kind?: Kind }).kind = kind
    },
  })
  return made as Schema
}

function mixed(value: unknown, more: Hint['body']): unknown {
  return more === undefined ? value : { ...(value as object), ...more }
}

const patterned = [
  'a',
  'A1',
  'project',
  '/a',
  '',
  '2026-01-01T00:00:00Z',
  '2026-01-01',
  'a'.repeat(64),
  '1',
  'https://a',
]

/** A small value that fits a schema. */
export function sample(schema: Schema, things: Things): unknown {
  if (schema.kind !== undefined) return thing(schema.kind, things)
  if ('const' in schema) return schema.const
  if (schema.enum) return schema.enum[0]
  const branch = (schema.anyOf ?? schema.oneOf)?.[0]
  if (branch) return sample(branch, things)
  switch (schema.type) {
    case 'object':
      return Object.fromEntries((schema.required ?? []).map((name) => [name, sample(childOf(schema, name), things)]))
    case 'array':
      return schema.minItems && schema.items ? [sample(schema.items, things)] : []
    case 'string':
      return textFor(schema)
    case 'integer':
    case 'number':
      return Math.max(1, schema.minimum ?? 1) > (schema.maximum ?? 1)
        ? (schema.maximum ?? 0)
        : Math.max(1, schema.minimum ?? 1)
    case 'boolean':
      return true
    default:
      return {}
  }
}

function thing(kind: Kind, things: Things): string {
  const found = things[kind]
  if (found === undefined) throw new Error(`the fixture has no ${kind}`)
  return found
}

function childOf(schema: Schema, name: string): Schema {
  const child = schema.properties?.[name] ?? {}
  // Here an agent is named by a text of any kind.
  return name === 'agent_id' && child.kind === undefined ? { ...child, kind: 'agentRef' } : child
}

function textFor({ pattern, minLength = 0, format }: Schema): string {
  const fitting = new RegExp(pattern ?? '', 'u')
  const found = [...patterned, 'x'.repeat(minLength || 1)].find(
    (text) => text.length >= minLength && fitting.test(text),
  )
  if (found === undefined || (format === 'uuid' && pattern === undefined))
    throw new Error(`no sample fits ${format} ${pattern}; add one`)
  return found
}

interface From {
  readonly at: string
  readonly place: keyof RequestParts
  readonly depth: number
  /** What stands there in the good request; undefined where it has nothing there. */
  readonly value: unknown
  put(value: unknown): RequestParts
}

const depth_max = 7

function walk(schema: Schema, from: From, { things, sites }: { things: Things; sites: Site[] }): void {
  const { at, place, depth, put } = from
  sites.push({ at, place, schema, put })
  if (depth === depth_max) return
  for (const [index, branch] of (schema.anyOf ?? schema.oneOf ?? []).entries()) {
    if (branch.type !== 'null')
      walk(branch, { ...from, at: `${at}|${index}`, depth: depth + 1, value: undefined }, { things, sites })
  }
  if (schema.type === 'array' && schema.items) {
    const first = { at: `${at}[0]`, place, depth: depth + 1, value: undefined, put: (value: unknown) => put([value]) }
    walk(schema.items, first, { things, sites })
  }
  if (schema.type !== 'object') return
  const own = (from.value ?? sample(schema, things)) as Readonly<Record<string, unknown>>
  for (const name of Object.keys(schema.properties ?? {})) {
    const next = {
      at: `${at}.${name}`,
      place,
      depth: depth + 1,
      value: own[name],
      put: (value: unknown) => put({ ...own, [name]: value }),
    }
    walk(childOf(schema, name), next, { things, sites })
  }
  if (typeof schema.additionalProperties === 'object' && Object.keys(schema.additionalProperties).length > 0) {
    const next = {
      at: `${at}.*`,
      place,
      depth: depth + 1,
      value: undefined,
      put: (value: unknown) => put({ ...own, a: value }),
    }
    walk(schema.additionalProperties, next, { things, sites })
  }
}

/** Whether an operation's schemas bear a request: what they bear is answered by more than its shape. */
export function isBorne(operation: Operation, request: RequestParts): boolean {
  const asText = (values: RequestParts['query']) => JSON.parse(JSON.stringify(texts(values)))
  const body = request.body === undefined ? undefined : JSON.parse(JSON.stringify(request.body))
  return (
    operation.params.safeParse(asText(request.params)).success &&
    operation.query.safeParse(asText(request.query)).success &&
    (operation.body_content === 'none' || isBodyBorne(operation, body))
  )
}

function isBodyBorne({ body, body_content }: Operation, value: unknown): boolean {
  if (body_content === 'json' || typeof value !== 'object' || value === null) return body.safeParse(value).success
  // Half a character does not survive being written as UTF-8, so it never comes.
  const written = Object.entries(texts(value as RequestParts['query'])).map(([name, text]) => [
    name,
    Buffer.from(text).toString(),
  ])
  const fields = Object.fromEntries(written)
  return isDeepStrictEqual(Object.keys(fields), Object.keys(value as object)) && body.safeParse(fields).success
}

/** Values as they stand in a path, a query or a form. */
export function texts(values: Readonly<Record<string, unknown>>): Record<string, string> {
  const present = Object.entries(values).filter(([, value]) => value !== undefined)
  return Object.fromEntries(
    present.map(([name, value]) => [name, typeof value === 'string' ? value : (JSON.stringify(value) ?? '')]),
  )
}
