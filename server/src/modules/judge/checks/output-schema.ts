/** The check `output_schema`: the output must satisfy the task's JSON Schema. */
import { schemaMisfit } from '../../../platform/json/schema-misfit.ts'
import { isSchema } from '../../../platform/json/schemas.ts'
import type { Check } from './checks.types.ts'

/** One thing is checked: the whole output. Without a schema, or with an empty one, there is nothing to check. */
export const outputSchema: Check = ({ output, output_schema }) => {
  if (!isSchema(output_schema)) return { failed: 0, of: 0, evidence: [] }
  const message = schemaMisfit(output_schema, output)
  return message === undefined ? { failed: 0, of: 1, evidence: [] } : { failed: 1, of: 1, evidence: [], message }
}
