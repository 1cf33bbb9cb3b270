import { z } from 'zod'
import { projectId } from '../ids.ts'
import { listOf } from '../lists.ts'
import { actor } from '../platform/actors.ts'
import { platformLimits } from '../platform/limits.ts'
import { type Data, int4, modelName, share, text, timestamp } from '../values.ts'
import { check, defaultChecks, wordList } from './checks.ts'
import { projectsLimits } from './limits.ts'

/** Subjects whose results go to a person. */
export const sensitiveTopics = ['politics', 'health_advice', 'financial_advice', 'legal_claims'] as const

/** Topics are open: these four have classifiers, and a project may list others with words of its own. */
export const topic = text({ min: 1, max: platformLimits.key_characters_max }).regex(/^[a-z][a-z0-9_]*$/)

const capabilities = z
  .array(text({ min: 1, max: platformLimits.name_characters_max }))
  .max(projectsLimits.capabilities_max)

const fields = {
  oversight: z.enum(['low', 'medium', 'high']).describe('low: no row 5; medium: the table; high: every commit asks.'),
  quality_min: share,
  confidence_min: share,
  commit_above: share.describe('Confidence above this commits; exactly this goes to a person.'),
  retries_max: z.int().min(0).max(projectsLimits.attempts_max),
  checks: z.array(check).max(projectsLimits.policy_checks_max),
  sensitive_topics: z.array(topic).max(projectsLimits.policy_list_max),
  topic_words: z
    .record(topic, wordList)
    .describe('Words that mark further topics, or more words for a known one. Compared as whole words, without case.'),
  on_conflict: z.enum(['person', 'replan', 'fail']).describe('After three commits of one task were refused.'),
  four_eyes: z.boolean().describe('Who stated, planned or retried a goal may not decide about it or its results.'),
  quorum: z.int().min(1).max(projectsLimits.quorum_max).describe('How many people must approve.'),
  approval_due_ms: z.int().min(1_000).max(projectsLimits.approval_due_ms_max),
  approval_claim_ms: z.int().min(1_000).max(projectsLimits.approval_claim_ms_max),
  approve_before: capabilities.describe('A task with one of these capabilities asks a person before its run.'),
  loss_possible: capabilities.describe('A critical violation by one of these goes to a person, not to a retry.'),
  plan_approval: z.boolean().describe('Whether a person agrees to every plan before its goal starts.'),
  planner_model: modelName.optional().describe('The model that plans goals which come without a plan; absent: none.'),
  sample_share: share.describe('The share of results that would commit by themselves and are put to a person instead.'),
  commit: z.enum(['auto', 'manual']).describe('manual: a verdict commits only by /judge/commit.'),
  rate_limits: z.strictObject({
    requests_per_minute_key: int4({ min: 1 }).optional(),
    requests_per_minute_address: int4({ min: 1 }).optional(),
    runs_per_minute: int4({ min: 1 }).optional(),
  }),
}

/** A project's policy, complete. */
export const policy = z.strictObject(fields)
export type Policy = Data<z.output<typeof policy>>

/** A policy as it is sent in: what is left out keeps the default. */
export const policyInput = policy.partial()
export type PolicyInput = Data<z.output<typeof policyInput>>

/**
 * The policy of a new project. A result without secrets, personal data or sensitive topics has confidence 1, whatever its
 * size, and commits without a person.
 */
export const default_policy: Policy = {
  oversight: 'medium',
  quality_min: 0.7,
  confidence_min: 0.7,
  commit_above: 0.9,
  retries_max: projectsLimits.retries_default,
  checks: [
    defaultChecks.output_schema,
    defaultChecks.secrets,
    defaultChecks.personal_data,
    defaultChecks.sensitive_topics,
  ],
  sensitive_topics: sensitiveTopics,
  topic_words: {},
  on_conflict: 'person',
  four_eyes: false,
  quorum: 1,
  approval_due_ms: projectsLimits.approval_due_ms_default,
  approval_claim_ms: projectsLimits.approval_claim_ms_default,
  approve_before: [],
  loss_possible: [],
  plan_approval: false,
  sample_share: 0,
  commit: 'auto',
  rate_limits: {},
}

/** A policy with the defaults filled in. */
export function completePolicy(given: PolicyInput): Policy {
  const complete = policy.parse({ ...default_policy, ...given, checks: given.checks ?? default_policy.checks })
  return complete
}

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
/** A page of the versions of a policy, newest first. */
export const policyVersionList = listOf(policyVersion)

/** The version of a policy that comes into force again, as a new version. */
export const policyRollback = z.strictObject({ version: int4({ min: 1 }) })
