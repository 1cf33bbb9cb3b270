import { z } from 'zod'
import { artifactId, commitId, projectId, runId, taskId, verdictId } from '../ids.ts'
import { limits } from '../limits.ts'
import { listOf, queryInteger } from '../lists.ts'
import { count, type Data, json, jsonObject, sha256, share, text, timestamp, version } from '../values.ts'
import { check, checkName, checkNames, severities } from './policies.ts'

/** Where in the content something stands. Without an artifact or document it is the output itself. */
export const evidence = z.object({
  artifact_id: artifactId.optional(),
  document: z.string().optional(),
  path: z.string().optional().describe('JSON Pointer to the string that the bytes are counted in.'),
  byte_start: count,
  byte_end: count,
  text: z.string(),
})
export type Evidence = Data<z.output<typeof evidence>>

export const checkResult = z.object({
  check: z.enum(checkNames),
  severity: z.enum(severities),
  weight: share,
  measures: z.enum(['quality', 'compliance']),
  failed: count,
  of: count,
  message: z.string().optional(),
  evidence: z.array(evidence),
})
export type CheckResult = Data<z.output<typeof checkResult>>

export const violation = z.object({ rule: z.string(), severity: z.enum(severities), message: z.string() })
export type Violation = Data<z.output<typeof violation>>

export const topicFound = z.object({ topic: z.string(), evidence: z.array(evidence) })
export type TopicFound = Data<z.output<typeof topicFound>>

export const routeTargets = ['retry', 'approval', 'commit'] as const
export type RouteTarget = (typeof routeTargets)[number]

/** Where the verdict sends the result, by which row of the routing table, and why. */
export const route = z.object({ to: z.enum(routeTargets), row: z.int().min(1).max(6), reason: z.string() })
export type Route = Data<z.output<typeof route>>

export const verdict = z.object({
  id: verdictId.optional().describe('Absent where nothing was recorded.'),
  run_id: runId.optional(),
  task_id: taskId.optional(),
  quality: share.nullable().describe('null where no check measures quality.'),
  confidence: share,
  calibrated: z.boolean(),
  checks: z.array(checkResult),
  violations: z.array(violation),
  topics: z.array(topicFound),
  route,
  policy_version: z.int().min(1),
  sha256: sha256.describe('Of what was judged.'),
  at: timestamp.optional(),
})
export type Verdict = Data<z.output<typeof verdict>>

export const verdictList = listOf(verdict)

/** Either a run that waits for its verdict, or a result that is judged without being recorded. */
export const validateRequest = z
  .strictObject({
    run_id: runId.optional(),
    project_id: projectId.optional(),
    output: json().optional(),
    capability: text({ min: 1, max: limits.name_characters_max }).optional(),
    artifact_ids: z.array(artifactId).max(limits.run_artifacts_max).optional(),
    output_schema: jsonObject().optional(),
    checks: z
      .array(z.union([checkName, check]))
      .max(limits.policy_checks_max)
      .optional(),
    confidence: share.optional(),
  })
  .refine((body) => (body.run_id === undefined) !== (body.project_id === undefined), {
    error: 'must name either run_id or project_id',
    path: ['run_id'],
  })
  .refine((body) => body.project_id === undefined || body.output !== undefined, {
    error: 'is required with project_id',
    path: ['output'],
  })
export type ValidateRequest = Data<z.output<typeof validateRequest>>

export const agreementQuery = z.strictObject({
  project_id: projectId.optional(),
  days: queryInteger({ min: 1, max: limits.agreement_days_max }).default(limits.agreement_days_default),
})

/** How often people came to what the judge had come to, for one kind of task. */
export const agreement = z.object({
  capability: z.string(),
  decisions: count.describe('By people, about results of this capability.'),
  approved: count,
  amended: count,
  rejected: count,
  agreed: count.describe('Approved where the judge had found nothing to send back, not approved where it had.'),
  share: share.describe('`agreed` of `decisions`.'),
  share_low: share.describe('The lower end of the 95 % interval (Wilson 1927).'),
  share_high: share,
  sampled: count.describe('Of the decisions, those that policy drew among what would have committed by itself.'),
  rubrics: z.array(
    z.object({
      rubric: z.string(),
      model: z.string(),
      decisions: count,
      mean_when_approved: share.optional(),
      mean_when_not: share.optional(),
    }),
  ),
})
export type Agreement = Data<z.output<typeof agreement>>
export const agreementReport = z.object({ items: z.array(agreement) })

export const commitRequest = z.strictObject({ verdict_id: verdictId })

export const committed = z.object({
  commit_id: commitId,
  committed: z.literal(true),
  documents: z.array(z.object({ document: z.string(), scope: z.enum(['project', 'agent']), version })),
  new_state_version: version.optional().describe('Of the highest document, where something was written.'),
})
