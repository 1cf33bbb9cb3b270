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
  run: async (given) => ({ output: echo(parseInput(input, given ?? {})) }),
}

function echo(given: z.output<typeof input>): Json {
  const padded = isObject(given) && given.pad_bytes !== undefined
  // Whatever came in as a task's input is JSON already; the schema only looks at `pad_bytes`.
  return (padded ? { ...given, padding: 'x'.repeat(given.pad_bytes ?? 0) } : given) as Json
}

function isObject(given: z.output<typeof input>): given is { pad_bytes?: number | undefined } {
  return typeof given === 'object' && given !== null && !Array.isArray(given)
}
