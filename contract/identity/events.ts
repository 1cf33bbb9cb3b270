import { z } from 'zod'
import { agentId, keyId } from '../ids.ts'

const madeKey = z.object({ key_id: keyId, agent_id: agentId.optional() })

/** Each type of event with the shape of its `data`. */
export const identityEvents = {
  'key.created': madeKey,
  'key.revoked': z.object({ key_id: keyId }),
  'key.recovered': madeKey,
} as const
