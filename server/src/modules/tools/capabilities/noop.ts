import type { Json } from '@muster/contract/values'
import { z } from 'zod'
import { parseInput } from '../pure-capability.ts'
import type { Capability } from '../tools.port.ts'

const input = z.union([
  z.looseObject({
    pad_bytes: z
      .int()
      .min(0)
      .max(256 * 1024)
      .optional(),
  }),
  z.array(z.unknown()),
  z.string(),
  z.number(),
  z.boolean(),
  z.null(),
])

/** Does nothing, for tests and measurements: gives its input back, with `pad_bytes` of text as `padding` if it asks. */
export const noop: Capability = {
  name: 'noop',
  summary: 'Returns its input; pad_bytes adds that many bytes of text.',
  deterministic: true,
  cpu: false,
  input,
  run: async (rawInput) => ({ output: echo(parseInput(input, rawInput ?? {})) }),
}

function echo(value: z.output<typeof input>): Json {
  const isPadded = isObject(value) && value.pad_bytes !== undefined
  // Whatever came in as a task's input is JSON already; the schema only looks at `pad_bytes`.
  return (isPadded ? { ...value, padding: 'x'.repeat(value.pad_bytes ?? 0) } : value) as Json
}

function isObject(value: z.output<typeof input>): value is { pad_bytes?: number | undefined } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
