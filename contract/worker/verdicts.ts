import { z } from 'zod'
import { artifactId, runId, taskId, verdictId } from '../ids.ts'
import { listOf } from '../lists.ts'
import { severities } from '../platform/severities.ts'
import { checkNames } from '../projects/checks.ts'
import { count, type Data, sha256, share, timestamp } from '../values.ts'

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

/** What one check found in a result. */
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

/** A finding that breaks the policy. */
export const violation = z.object({ rule: z.string(), severity: z.enum(severities), message: z.string() })
export type Violation = Data<z.output<typeof violation>>

/** A sensitive subject in a result, with where it stands. */
export const topicFound = z.object({ topic: z.string(), evidence: z.array(evidence) })
export type TopicFound = Data<z.output<typeof topicFound>>

/** Where a verdict sends a result. */
export const routeTargets = ['retry', 'approval', 'commit'] as const
export type RouteTarget = (typeof routeTargets)[number]

/** Where the verdict sends the result, by which row of the routing table, and why. */
export const route = z.object({ to: z.enum(routeTargets), row: z.int().min(1).max(6), reason: z.string() })
export type Route = Data<z.output<typeof route>>

/** What the judge found, and where it sent the result. */
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

/** A page of verdicts. */
export const verdictList = listOf(verdict)
