import { z } from 'zod'
import type { Data } from '../values.ts'

/** Who did something: a person, an agent, a run, an API key, an identity vouched for from outside, or the product itself. */
export const actorKinds = ['user', 'agent', 'run', 'key', 'gateway', 'did', 'system'] as const

const principal = { kind: z.enum(actorKinds), id: z.string() }
const key = z.object(principal)
const agent = z.object({ ...principal, on_behalf_of: key.optional() })

/** Who did something: the kind and id of a principal, and for whom it acted. */
export const actor = z.object({
  ...principal,
  name: z.string().optional(),
  on_behalf_of: agent
    .optional()
    .describe('Whose rights it used: a run acts for its agent, an agent for the API key that came with its request.'),
})
export type Actor = Data<z.output<typeof actor>>
