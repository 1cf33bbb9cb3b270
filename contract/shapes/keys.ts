import { z } from 'zod'
import { agentId, keyId, organizationId } from '../ids.ts'
import { listOf, listQuery } from '../lists.ts'
import { permission } from '../permissions.ts'
import { agentRef, type Data, name, timestamp } from '../values.ts'

/** An API key without its secret. A key without an agent is a person of its own; one with an agent works for that agent. */
export const apiKey = z.object({
  id: keyId,
  organization_id: organizationId,
  name: z.string(),
  agent_id: agentId.optional(),
  permissions: z.array(permission),
  created_at: timestamp,
  last_used_at: timestamp.optional(),
  revoked_at: timestamp.optional(),
})
export type ApiKey = Data<z.output<typeof apiKey>>

export const apiKeyCreate = z.strictObject({
  name,
  agent_id: agentRef.optional(),
  permissions: z
    .array(permission)
    .min(1)
    .optional()
    .describe('Absent: all that the caller has. A key for an agent always has the agent’s own, and none may be named.'),
})
export type ApiKeyCreate = Data<z.output<typeof apiKeyCreate>>

/** The only answer that holds the secret. */
export const apiKeyCreated = apiKey.extend({ key: z.string().describe('Shown once.') })
export type ApiKeyCreated = Data<z.output<typeof apiKeyCreated>>

export const apiKeyQuery = z.strictObject(listQuery)
export const apiKeyList = listOf(apiKey)
