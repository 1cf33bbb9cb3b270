import { describe, expect, it } from 'vitest'
import { operations } from '../operations.ts'
import type { Json } from '../values.ts'
import { openapiDocument } from './openapi.ts'

const document = openapiDocument()

/** Every string that stands under `$ref`, wherever it is. */
function references(value: Json): string[] {
  if (Array.isArray(value)) return value.flatMap(references)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, item]) =>
    key === '$ref' && typeof item === 'string' ? [item] : references(item),
  )
}

function resolve(pointer: string): Json | undefined {
  let at: Json | undefined = document
  for (const key of pointer.slice(2).split('/')) {
    at = typeof at === 'object' && at !== null && !Array.isArray(at) ? (at as Record<string, Json>)[key] : undefined
  }
  return at
}

describe('the OpenAPI document', () => {
  it('is the same each time, and nothing but JSON', () => {
    expect(JSON.stringify(openapiDocument())).toBe(JSON.stringify(document))
    expect(JSON.parse(JSON.stringify(document))).toEqual(document)
  })

  it('has every operation at its whole path', () => {
    for (const operation of operations) {
      const found = (document.paths as Record<string, Record<string, { operationId: string }>>)[operation.path]
      expect(found?.[operation.method.toLowerCase()]?.operationId).toBe(operation.id)
    }
    expect(document.servers).toEqual([{ url: '/' }])
  })

  it('has no reference that leads nowhere', () => {
    const all = new Set(references(document))
    expect(all.size).toBeGreaterThan(30)
    for (const pointer of all) expect(resolve(pointer), pointer).toBeDefined()
  })

  it('names the path parameters of a route, requires a body, and lists errors', () => {
    const create = (document.paths as Record<string, Json>)['/api/v1/goals']
    expect(create).toMatchObject({
      post: {
        requestBody: {
          required: true,
          content: { 'application/json': { schema: { $ref: '#/components/schemas/GoalCreate' } } },
        },
        responses: { 202: {}, 401: {}, 422: {}, 409: {} },
        'x-permission': 'goals:write',
      },
    })
    const get = (document.paths as Record<string, Json>)['/api/v1/goals/{id}']
    expect(get).toMatchObject({ get: { parameters: [{ name: 'id', in: 'path', required: true }, {}] } })
  })

  it('marks what needs no key', () => {
    const paths = document.paths as Record<string, { get: { security?: Json } }>
    expect(paths['/health/ready']?.get.security).toEqual([])
    expect(paths['/metrics']?.get.security).toBeUndefined()
  })

  it('lets answers grow and keeps requests strict', () => {
    const schemas = (
      document.components as { schemas: Record<string, { additionalProperties?: boolean; required?: string[] }> }
    ).schemas
    expect(schemas.Goal?.additionalProperties).toBeUndefined()
    expect(schemas.GoalCreate?.additionalProperties).toBe(false)
    expect(schemas.PlanTaskInput?.required).toEqual(['key', 'capability'])
    expect(schemas.PlanTask?.required).toContain('depends_on')
  })
})
