import { z } from 'zod'
import { agentId } from '../ids.ts'
import { version } from '../values.ts'

const subject = z.object({ agent_id: agentId })

/** Each type of event with the shape of its `data`. */
export const agentsEvents = {
  'agent.created': subject,
  'agent.changed': subject.extend({ fields: z.array(z.string()), persona_version: version.optional() }),
  'agent.paused': subject,
  'agent.resumed': subject,
  'agent.retired': subject,
  'agent.presence': subject.extend({ online: z.boolean() }),
} as const
