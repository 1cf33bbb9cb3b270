import { z } from 'zod'
import { agentId, commitId } from '../ids.ts'
import { platformLimits } from '../platform/limits.ts'
import { agentRef, type Data, json, jsonObject, sha256, timestamp, version } from '../values.ts'
import { stateLimits } from './limits.ts'

/** An agent's document `global`, whose version is `state_version`. */
export const globalState = z.object({
  agent_id: agentId,
  name: z.string(),
  state_version: version,
  value: jsonObject({ max_bytes: stateLimits.document_bytes_max }),
  goals: z.array(json()).describe('`value.goals`, or empty.'),
  campaigns: z.array(json()).describe('`value.campaigns`, or empty.'),
  last_updated: timestamp.optional(),
})
export type GlobalState = Data<z.output<typeof globalState>>

const action = z.enum(['add', 'update', 'remove'])
const goalChange = z.strictObject({ action, goal: jsonObject().describe('Found again by its `goal_id` or `id`.') })
const campaignChange = z.strictObject({
  action,
  campaign: jsonObject().describe('Found again by its `campaign_id` or `id`.'),
})

/** A change of the documents of a project, with the version that it was made from. */
export const globalStateUpdate = z
  .strictObject({
    agent_id: agentRef,
    input_state_version: version.describe('The version that was read; the update is refused when it has moved.'),
    updates: z
      .strictObject({
        goals: z.array(goalChange).max(platformLimits.page_size_max).optional(),
        campaigns: z.array(campaignChange).max(platformLimits.page_size_max).optional(),
      })
      .optional(),
    merge: jsonObject({ max_bytes: stateLimits.document_bytes_max }).optional().describe('A merge patch (RFC 7396).'),
    commit_hash: sha256.optional().describe('Recorded with the commit.'),
  })
  .refine((body) => body.updates !== undefined || body.merge !== undefined, {
    error: 'must have updates or merge',
    path: ['updates'],
  })
export type GlobalStateUpdate = Data<z.output<typeof globalStateUpdate>>

/** What such a change came to. */
export const globalStateUpdated = z.object({ updated: z.boolean(), new_state_version: version, commit_id: commitId })
