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
  time_zone: z.string().describe('Whose midnight begins a day of the project’s budgets.'),
  created_at: timestamp,
})
export type Project = Data<z.output<typeof project>>

/**
 * A name of the IANA time zone database with its area, such as `Europe/Berlin`, or `UTC`. Offsets and abbreviations (`CET`,
 * `IST`) are none: databases read them as fixed offsets, and not all as the same.
 */
const timeZone = text({ min: 1, max: 64 })
  .regex(/^(?:UTC|[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)+)$/, 'must be a name such as Europe/Berlin, or UTC')
  .refine(isTimeZone, 'is not a known time zone')

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).format(0) !== ''
  } catch {
    return false
  }
}

const description = text({ max_bytes: projectsLimits.project_description_bytes_max })

/** A new project. */
export const projectCreate = z.strictObject({
  name,
  description: description.optional(),
  time_zone: timeZone.optional().describe('Whose midnight begins a day of its budgets; default UTC.'),
  oversight: z.enum(oversights).optional().describe('Shorthand for the field of the same name in `policy`.'),
  policy: policyInput.optional().describe('What differs from the default policy.'),
})
export type ProjectCreate = Data<z.output<typeof projectCreate>>

/** What of a project is changed; fields that are absent stay. */
export const projectChange = z.strictObject({
  name: name.optional(),
  description: description.optional(),
  time_zone: timeZone
    .optional()
    .describe('Today goes on in the new zone with what was used so far, and ends at its midnight.'),
})
export type ProjectChange = Data<z.output<typeof projectChange>>

/** Which projects are listed. */
export const projectQuery = z.strictObject({
  ...listQuery,
  q: queryText.optional().describe('Part of the name, compared without case.'),
  status: z.enum(projectStatuses).optional(),
})
/** A page of projects. */
export const projectList = listOf(project)
