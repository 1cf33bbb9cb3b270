import { z } from 'zod'
import { errorBody, errorTable } from '../errors.ts'
import { operationsByModule } from '../gathered/operations.ts'
import type { ErrorShape, Operation } from '../operation.ts'
import type { Json, JsonObject } from '../values.ts'
import { productVersion } from '../version.ts'
import { headerParameters, responseHeaders } from './headers.ts'
import { named } from './names.ts'

/**
 * The OpenAPI 3.1 document of every operation. It is made from the operations alone, in their order, with the components
 * sorted by name, so the same contract gives the same bytes.
 */
export function openapiDocument(): JsonObject {
  const schemas = new Map<string, JsonObject>()
  const paths = collectPaths(schemas)
  schemas.set('Metadata', toSchema(metadata, 'output', schemas))
  schemas.set('Error', toSchema(errorBody, 'output', schemas))
  return {
    openapi: '3.1.0',
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    info: {
      title: 'Muster',
      version: productVersion,
      summary: 'A self-hosted control plane for fleets of AI agents.',
      description: introduction,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }, { api_key: [] }, { session: [] }],
    tags: Object.keys(operationsByModule).map((module) => ({ name: tagOf(module) })),
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'An API key as a bearer token.' },
        api_key: {
          type: 'apiKey',
          in: 'header',
          name: 'X-API-Key',
          description: 'The same key in a header of its own.',
        },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'muster_key',
          description:
            'The same key in the cookie that `POST /api/v1/session` sets; what changes something then needs an `Origin` that is the server’s own.',
        },
      },
      parameters: headerParameters,
      headers: responseHeaders,
      responses: errorResponses(),
      schemas: Object.fromEntries([...schemas].sort(([one], [other]) => (one < other ? -1 : 1))),
    },
  }
}

const introduction = `Answers come in an envelope: \`success\`, \`data\`, \`error\` and \`metadata\`. Health, metrics, documents, files and
streams come without one. Every error has a stable \`code\`. Ids are UUIDs; names in the data are snake_case; money is in millionths of a US dollar.
Lists take \`cursor\` and \`limit\` and give \`next_cursor\` until the last page. A POST may carry an \`Idempotency-Key\`.`

const metadata = z.object({ timestamp: z.iso.datetime(), request_id: z.string() })

type Schemas = Map<string, JsonObject>

function collectPaths(schemas: Schemas): JsonObject {
  const paths: Record<string, Record<string, Json>> = {}
  for (const [module, operations] of Object.entries(operationsByModule)) {
    for (const operation of operations) {
      const path = paths[operation.path] ?? {}
      path[operation.method.toLowerCase()] = describeOperation(operation, module, schemas)
      paths[operation.path] = path
    }
  }
  return paths
}

/** Operations that no module answers are about the health of the whole, and what documents it. */
function tagOf(module: string): string {
  return module === 'platform' ? 'health' : module
}

function describeOperation(operation: Operation, module: string, schemas: Schemas): JsonObject {
  const body = describeBody(operation, schemas)
  return {
    operationId: operation.id,
    tags: [tagOf(module)],
    summary: operation.summary,
    ...(operation.permission === 'none' ? { security: [] } : { 'x-permission': operation.permission }),
    'x-limits': { ...operation.limits },
    'x-audited': operation.audit,
    parameters: describeParameters(operation, schemas),
    ...(body === null ? {} : { requestBody: body }),
    responses: describeResponses(operation, schemas),
  }
}

function describeParameters(operation: Operation, schemas: Schemas): Json[] {
  const headers = ['X-Request-ID', ...(operation.idempotent === 'key' ? ['Idempotency-Key'] : []), ...operation.headers]
  return [
    ...parametersOf(operation.params, 'path', schemas),
    ...parametersOf(operation.query, 'query', schemas),
    ...headers.map((name) => ({ $ref: `#/components/parameters/${name}` })),
  ]
}

function parametersOf(schema: z.ZodType, place: 'path' | 'query', schemas: Schemas): Json[] {
  const whole = toSchema(schema, 'input', schemas)
  const required = new Set(isArray(whole.required) ? whole.required : [])
  return Object.entries(isObject(whole.properties) ? whole.properties : {}).map(([name, property]) => {
    const { description, ...rest } = isObject(property) ? property : {}
    return {
      name,
      in: place,
      required: place === 'path' || required.has(name),
      ...(description === undefined ? {} : { description }),
      schema: rest,
    }
  })
}

function describeBody(operation: Operation, schemas: Schemas): JsonObject | null {
  if (operation.body_content === 'none') return null
  const { schema, required } = embed(operation.body, 'input', schemas)
  if (operation.body_content === 'json') return { required, content: { 'application/json': { schema } } }
  const file = { type: 'array', minItems: 1, items: { type: 'string', contentMediaType: 'application/octet-stream' } }
  const properties = isObject(schema) && isObject(schema.properties) ? schema.properties : {}
  const form = { type: 'object', properties: { ...properties, file }, required: ['file'] }
  return { required: true, content: { 'multipart/form-data': { schema: form } } }
}

function describeResponses(operation: Operation, schemas: Schemas): JsonObject {
  const success = describeSuccess(operation, schemas)
  const statuses = [operation.status, ...operation.other_statuses].sort((one, other) => one - other)
  const entries = statuses.map((status): [string, Json] => [String(status), success])
  const shape = foreignErrors[operation.errors]
  if (shape !== undefined) return Object.fromEntries([...entries, ['default', shape]])
  const errors = errorStatuses(operation).filter((status) => !statuses.some((own) => own === status))
  return Object.fromEntries([
    ...entries,
    ...errors.map((status): [string, Json] => [String(status), { $ref: `#/components/responses/Error${status}` }]),
  ])
}

/** How operations refuse that speak another API's wire. */
const foreignErrors: Readonly<Record<ErrorShape, Json | undefined>> = {
  envelope: undefined,
  openai: foreignError('Refused, in the shape of OpenAI’s API; `code` is Muster’s.', {
    type: 'object',
    required: ['error'],
    properties: {
      error: {
        type: 'object',
        required: ['message', 'type', 'param', 'code'],
        properties: {
          message: { type: 'string' },
          type: { type: 'string' },
          param: { type: ['string', 'null'] },
          code: { type: ['string', 'null'] },
        },
      },
    },
  }),
  anthropic: foreignError('Refused, in the shape of Anthropic’s API.', {
    type: 'object',
    required: ['type', 'error', 'request_id'],
    properties: {
      type: { const: 'error' },
      error: {
        type: 'object',
        required: ['type', 'message'],
        properties: { type: { type: 'string' }, message: { type: 'string' } },
      },
      request_id: { type: 'string' },
    },
  }),
}

function foreignError(description: string, schema: JsonObject): JsonObject {
  return { description, content: { 'application/json': { schema } } }
}

function describeSuccess(operation: Operation, schemas: Schemas): JsonObject {
  const headers = { 'X-Request-ID': { $ref: '#/components/headers/X-Request-ID' } }
  if (operation.content === 'websocket') return { description: 'The connection is a WebSocket from here on.' }
  if (operation.content === 'bytes') {
    return { description: 'The file.', headers, content: { 'application/octet-stream': {} } }
  }
  const { schema } = embed(operation.response, 'output', schemas)
  if (operation.content === 'json') {
    return { description: 'Done.', headers, content: { 'application/json': { schema: envelope(schema) } } }
  }
  return { description: 'Done.', headers, content: { [mediaTypes[operation.content]]: { schema } } }
}

const mediaTypes = {
  bare: 'application/json',
  events: 'text/event-stream',
  page: 'text/html',
  text: 'text/plain',
} as const

function envelope(data: Json): JsonObject {
  return {
    type: 'object',
    required: ['success', 'data', 'error', 'metadata'],
    properties: {
      success: { const: true },
      data,
      error: { type: 'null' },
      metadata: { $ref: '#/components/schemas/Metadata' },
    },
  }
}

function errorStatuses(operation: Operation): number[] {
  const statuses = new Set<number>([429, 500, 503])
  if (operation.permission !== 'none' || operation.method !== 'GET') statuses.add(401).add(403)
  if (operation.path.includes('{') || operation.body_content !== 'none') statuses.add(404)
  if (operation.body_content !== 'none') statuses.add(400).add(413).add(415)
  if (operation.body_content !== 'none' || hasProperties(operation.query) || hasProperties(operation.params))
    statuses.add(422)
  if (operation.method !== 'GET') statuses.add(409)
  if (operation.permission === 'runs:work' && operation.method === 'POST') statuses.add(402)
  if (operation.headers.includes('If-Match')) statuses.add(412)
  if (operation.headers.includes('Range')) statuses.add(416)
  return [...statuses].sort((one, other) => one - other)
}

function errorResponses(): JsonObject {
  const byStatus = new Map<number, string[]>()
  for (const [code, { status, meaning }] of Object.entries(errorTable)) {
    byStatus.set(status, [...(byStatus.get(status) ?? []), `\`${code}\`: ${meaning}`])
  }
  const sorted = [...byStatus].sort(([one], [other]) => one - other)
  return Object.fromEntries(
    sorted.map(([status, lines]) => [
      `Error${status}`,
      { description: lines.join('\n\n'), content: { 'application/json': { schema: failure } } },
    ]),
  )
}

const failure: JsonObject = {
  type: 'object',
  required: ['success', 'data', 'error', 'metadata'],
  properties: {
    success: { const: false },
    data: { type: 'null' },
    error: { $ref: '#/components/schemas/Error' },
    metadata: { $ref: '#/components/schemas/Metadata' },
  },
}

/** Converts a schema where it is used: a named one becomes a reference. */
function embed(schema: z.ZodType, io: 'input' | 'output', schemas: Schemas): { schema: Json; required: boolean } {
  const whole = toSchema(z.object({ root: schema }), io, schemas)
  const root = isObject(whole.properties) ? whole.properties.root : undefined
  return { schema: root ?? {}, required: isArray(whole.required) && whole.required.includes('root') }
}

function toSchema(schema: z.ZodType, io: 'input' | 'output', schemas: Schemas): JsonObject {
  const converted = z.toJSONSchema(schema, {
    io,
    metadata: named[io],
    target: 'draft-2020-12',
    override: ({ zodSchema, jsonSchema }) => {
      // Descriptions live in zod's own registry, which the registry of names stands in for here.
      const description = z.globalRegistry.get(zodSchema)?.description
      if (description !== undefined) jsonSchema.description = description
      // An answer may get more fields beside the known ones; that must not break who reads it.
      if (io === 'output') delete jsonSchema.additionalProperties
    },
  })
  const { $schema: _dialect, $defs: definitions = {}, ...rest } = pointAtComponents(converted as JsonObject)
  for (const [name, definition] of Object.entries(definitions ?? {})) schemas.set(name, definition as JsonObject)
  return rest
}

/** References within one converted schema become references to the components of the document. */
function pointAtComponents(schema: JsonObject): JsonObject {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/')) as JsonObject
}

function hasProperties(schema: z.ZodType): boolean {
  return schema instanceof z.ZodObject && Object.keys(schema.shape).length > 0
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value)
}
