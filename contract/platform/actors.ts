import { z } from 'zod'
import type { Data } from '../values.ts'

/** Who did something: a person, an agent, an API key, an identity vouched for from outside, or the product itself. */
export const actorKinds = ['user', 'agent', 'key', 'gateway', 'did', 'system'] as const

export const actor = z.object({
  kind: z.enum(actorKinds),
  id: z.string(),
  name: z.string().optional(),
})
export type Actor = Data<z.output<typeof actor>>
