import { z } from 'zod'
import { organizationId, projectId } from '../ids.ts'
import { listOf, listQuery, queryText } from '../lists.ts'
import { type Data, name, text, timestamp } from '../values.ts'
import { projectsLimits } from './limits.ts'
import { policyInput } from './policies.ts'

/** How much goes to people. */
export const oversights = ['low', 'medium', 'high'] as const
/** Whether work of a project is claimed: active, paused, or stopped by an emergency stop. */
export const projectStatuses = ['active', 'paused', 'stopped'] as const

/** A project as the API shows it. */
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

const description = text({ max_bytes: projectsLimits.project_description_bytes_max })

/** A new project. */
export const projectCreate = z.strictObject({
  name,
  description: description.optional(),
  oversight: z.enum(oversights).optional().describe('Shorthand for the field of the same name in `policy`.'),
  policy: policyInput.optional().describe('What differs from the default policy.'),
})
export type ProjectCreate = Data<z.output<typeof projectCreate>>

/** What of a project is changed; fields that are absent stay. */
export const projectChange = z.strictObject({ name: name.optional(), description: description.optional() })
export type ProjectChange = Data<z.output<typeof projectChange>>

/** Which projects are listed. */
export const projectQuery = z.strictObject({
  ...listQuery,
  q: queryText.optional().describe('Part of the name, compared without case.'),
  status: z.enum(projectStatuses).optional(),
})
/** A page of projects. */
export const projectList = listOf(project)
