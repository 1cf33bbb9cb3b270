import type { ErrorObject } from 'ajv'
import { isAffordable } from './schema-cost.ts'
import { compiledSchema, isSchema } from './schemas.ts'

/** The problem of a value with a JSON Schema, in words; undefined where it fits, or where there is no schema. */
export function schemaMisfit(schema: unknown, value: unknown): string | undefined {
  if (!isSchema(schema)) return undefined
  const validate = compiledSchema(schema)
  if (typeof validate === 'string') return validate
  if (!isAffordable(schema, value)) return 'the schema is too costly for this output'
  try {
    return validate(value) ? undefined : describe(validate.errors?.[0])
  } catch (error) {
    return `invalid schema: ${error instanceof Error ? error.message : String(error)}`
  }
}

function describe(error: ErrorObject | undefined): string {
  const extra = error?.keyword === 'additionalProperties' ? ` (${String(error.params.additionalProperty)})` : ''
  return `${error?.instancePath || 'the output'} ${error?.message ?? 'does not match the schema'}${extra}`
}
