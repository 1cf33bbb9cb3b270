import { boundedFunction } from '../threads/bounded-function.ts'
import { misfitMs } from './schema-estimate.ts'
import { schemaMisfit } from './schema-misfit.ts'

interface MisfitInput {
  readonly schema: unknown
  readonly value: unknown
}

/** `schemaMisfit` as a bounded function: tests a value by a JSON Schema. */
export const misfit = boundedFunction({
  name: 'json.misfit',
  subject: 'Validating the output against its schema',
  remedy: 'Make the output smaller, or its schema simpler.',
  time_ms: 5000,
  estimateMs: ({ schema, value }: MisfitInput) => (schema === undefined ? 0 : misfitMs(schema, value)),
  run: ({ schema, value }): string | undefined => schemaMisfit(schema, value),
})
