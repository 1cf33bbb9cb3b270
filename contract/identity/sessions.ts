import { z } from 'zod'
import { keyId, organizationId } from '../ids.ts'
import { permission } from '../permissions.ts'
import { actor } from '../platform/actors.ts'
import { platformLimits } from '../platform/limits.ts'
import { type Data, text } from '../values.ts'

/** A browser gives the key once; the answer's cookie carries it from then on. */
export const sessionOpen = z.strictObject({ key: text({ min: 1, max: platformLimits.key_characters_max }) })
export type SessionOpen = Data<z.output<typeof sessionOpen>>

/** Who is calling, and what they may do. */
export const session = z.object({
  key_id: keyId,
  name: z.string().describe('Of the key.'),
  actor: actor
    .required({ name: true })
    .describe('As whom the caller stands in the journal: the key, or the agent that it belongs to.'),
  organization: z.object({ id: organizationId, name: z.string() }),
  permissions: z.array(permission),
  version: z.string().describe('Of the server.'),
})
export type Session = Data<z.output<typeof session>>

/** The answer to the end of a session. */
export const sessionClosed = z.object({ closed: z.literal(true) })
