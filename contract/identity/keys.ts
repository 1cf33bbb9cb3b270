import { z } from 'zod'
import { agentId, keyId, organizationId } from '../ids.ts'
import { listOf, listQuery } from '../lists.ts'
import { permission } from '../permissions.ts'
import { agentRef, type Data, name, timestamp } from '../values.ts'
import { identityLimits } from './limits.ts'

const perMinute = z.int().min(1).max(identityLimits.model_tokens_max)

/** What a key may ask models for in a minute, counted by each process for itself. */
const modelLimits = {
  model_requests_per_minute: perMinute.optional().describe('Calls of models; absent: any number.'),
  model_tokens_per_minute: perMinute
    .optional()
    .describe('Tokens of those calls, of input and output; absent: any number.'),
}

/** The same as whoever counts sees it. */
export interface ModelLimits {
  readonly requests_per_minute?: number | undefined
  readonly tokens_per_minute?: number | undefined
}

/** An API key without its secret. A key without an agent is a person of its own; one with an agent works for that agent. */
export const apiKey = z.object({
  id: keyId,
  organization_id: organizationId,
  name: z.string(),
  agent_id: agentId.optional(),
  person_label: z.string().optional(),
  permissions: z.array(permission),
  ...modelLimits,
  created_by: keyId.optional().describe('The key that made it; absent for one that was made on the server.'),
  created_at: timestamp,
  last_used_at: timestamp.optional(),
  revoked_at: timestamp.optional(),
})
export type ApiKey = Data<z.output<typeof apiKey>>

/** A new API key, with at most the rights of the key that makes it. */
export const apiKeyCreate = z.strictObject({
  name,
  agent_id: agentRef.optional(),
  person_label: name
    .optional()
    .describe(
      'Whose key it is. Keys with the same label are one person where approvals count people or keep own work apart.',
    ),
  permissions: z
    .array(permission)
    .min(1)
    .optional()
    .describe(
      'At most what the caller has, and all of it where absent. A key for an agent has the agent’s own, none may be named, and the caller needs these and `models:use`, which the agent’s runs lend.',
    ),
  ...modelLimits,
})
export type ApiKeyCreate = Data<z.output<typeof apiKeyCreate>>

/** The only answer that holds the secret. */
export const apiKeyCreated = apiKey.extend({ key: z.string().describe('Shown once.') })
export type ApiKeyCreated = Data<z.output<typeof apiKeyCreated>>

/** A page of API keys. */
export const apiKeyQuery = z.strictObject(listQuery)
/** A page of API keys, without their secrets. */
export const apiKeyList = listOf(apiKey)
