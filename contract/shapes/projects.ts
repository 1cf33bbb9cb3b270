import { z } from 'zod'
import { organizationId, projectId, stopId } from '../ids.ts'
import { limits } from '../limits.ts'
import { listOf, listQuery, queryText } from '../lists.ts'
import { type Data, int4, name, text, timestamp } from '../values.ts'
import { actor } from './actors.ts'
import { policy, policyInput } from './policies.ts'

export const oversights = ['low', 'medium', 'high'] as const
export const projectStatuses = ['active', 'paused', 'stopped'] as const

export const project = z.object({
  id: projectId,
  organization_id: organizationId,
  name: z.string(),
  description: z.string().optional(),
  status: z
    .enum(projectStatuses)
    .describe('`stopped` while an emergency stop of the project or its organization holds.'),
  oversight: z.enum(oversights).describe('From the policy in force.'),
  policy_version: z.int().min(1),
  created_at: timestamp,
})
export type Project = Data<z.output<typeof project>>

const description = text({ max_bytes: limits.goal_text_bytes_max })

export const projectCreate = z.strictObject({
  name,
  description: description.optional(),
  oversight: z.enum(oversights).optional().describe('Shorthand for the field of the same name in `policy`.'),
  policy: policyInput.optional().describe('What differs from the default policy.'),
})
export type ProjectCreate = Data<z.output<typeof projectCreate>>

export const projectChange = z.strictObject({ name: name.optional(), description: description.optional() })
export type ProjectChange = Data<z.output<typeof projectChange>>

export const projectQuery = z.strictObject({
  ...listQuery,
  q: queryText.optional().describe('Part of the name, compared without case.'),
  status: z.enum(projectStatuses).optional(),
})
export const projectList = listOf(project)

/** One version of a project's policy. */
export const policyVersion = z.object({
  project_id: projectId,
  version: z.int().min(1),
  policy,
  rolled_back_to: z.int().min(1).optional().describe('The version that this one repeats.'),
  changed_by: actor,
  changed_at: timestamp,
  current: z.boolean(),
})
export type PolicyVersion = Data<z.output<typeof policyVersion>>
export const policyVersionList = listOf(policyVersion)

export const policyRollback = z.strictObject({ version: int4({ min: 1 }) })

export const stopScopes = ['organization', 'project', 'agent'] as const

/** An emergency stop. While it holds nothing is claimed, judged, committed or timed out below it. */
export const stop = z.object({
  id: stopId,
  scope: z.object({ kind: z.enum(stopScopes), id: z.string() }),
  reason: z.string(),
  raised_by: actor,
  raised_at: timestamp,
  lifted_by: actor.optional(),
  lifted_at: timestamp.optional(),
})
export type Stop = Data<z.output<typeof stop>>

export const stopRaise = z.strictObject({ reason: text({ max_bytes: limits.reason_bytes_max }).default('') })
