/** Does the output satisfy the task's JSON Schema? */
import type { ErrorObject } from 'ajv'
import { isAffordable } from '../../../platform/json/schema-cost.ts'
import { compiledSchema, isSchema } from '../../../platform/json/schemas.ts'
import type { Check } from './checks.types.ts'

/** One thing is checked: the whole output. Without a schema, or with an empty one, there is nothing to check. */
export const outputSchema: Check = ({ output, output_schema }) => {
  if (!isSchema(output_schema)) return { failed: 0, of: 0, evidence: [] }
  const validate = compiledSchema(output_schema)
  if (typeof validate === 'string') return broken(validate)
  if (!isAffordable(output_schema, output)) return broken('the schema is too costly for this output')
  try {
    return validate(output) ? { failed: 0, of: 1, evidence: [] } : broken(describe(validate.errors?.[0]))
  } catch (error) {
    return broken(`the schema cannot be used: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function describe(error: ErrorObject | undefined): string {
  const extra = error?.keyword === 'additionalProperties' ? ` (${String(error.params.additionalProperty)})` : ''
  return `${error?.instancePath || 'the output'} ${error?.message ?? 'does not match the schema'}${extra}`
}

function broken(message: string) {
  return { failed: 1, of: 1, evidence: [], message }
}
