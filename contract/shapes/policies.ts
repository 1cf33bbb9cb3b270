import { z } from 'zod'
import { limits } from '../limits.ts'
import { type Data, int4, share, text } from '../values.ts'
import { modelName } from './models.ts'

export const severities = ['critical', 'warning', 'info'] as const
export type Severity = (typeof severities)[number]

export const sensitiveTopics = ['politics', 'health_advice', 'financial_advice', 'legal_claims'] as const

/** Topics are open: these four have classifiers, and a project may list others with words of its own. */
export const topic = text({ min: 1, max: limits.key_characters_max }).regex(/^[a-z][a-z0-9_]*$/)

const words = z.array(text({ min: 1, max: limits.policy_pattern_characters_max })).max(limits.policy_list_max)
const path = text({ max: limits.reference_characters_max }).describe('JSON Pointer into the output; absent: all of it.')

const figures = {
  severity: z.enum(severities),
  weight: share.describe('How much of the confidence a full failure costs.'),
  measures: z.enum(['quality', 'compliance']),
  violation_from: share.describe('The share of failures from which it is a violation. A share of zero never is.'),
}

/** The checks of the judge as data. A check counts `failed` of `of`, and its own rule says what is counted. */
export const check = z.discriminatedUnion('check', [
  z.strictObject({ check: z.literal('output_schema'), ...figures }),
  z.strictObject({
    check: z.literal('length'),
    ...figures,
    params: z.strictObject({
      path: path.optional(),
      characters_min: int4().optional(),
      characters_max: int4().optional(),
      words_min: int4().optional(),
      words_max: int4().optional(),
    }),
  }),
  z.strictObject({
    check: z.literal('required_sections'),
    ...figures,
    params: z.strictObject({ path: path.optional(), sections: words.describe('Headings, compared without case.') }),
  }),
  z.strictObject({
    check: z.literal('banned_content'),
    ...figures,
    params: z.strictObject({
      words: words.optional().describe('Whole words or phrases, compared without case.'),
      patterns: words.optional().describe('Regular expressions in the syntax of RE2, which is linear.'),
    }),
  }),
  z.strictObject({ check: z.literal('secrets'), ...figures }),
  z.strictObject({
    check: z.literal('personal_data'),
    ...figures,
    params: z
      .strictObject({
        kinds: z.array(z.enum(['email', 'phone', 'card', 'iban', 'national_id', 'ip_address'])).optional(),
        allow: words.optional().describe('Values that are fine, such as the address of the press office.'),
      })
      .optional(),
  }),
  z.strictObject({ check: z.literal('sensitive_topics'), ...figures }),
  z.strictObject({
    check: z.literal('grounding'),
    ...figures,
    params: z.strictObject({ path: path.optional() }).optional(),
  }),
  z.strictObject({
    check: z.literal('rubric'),
    ...figures,
    params: z.strictObject({
      name: text({ min: 1, max: limits.key_characters_max }).describe('One rubric a name within a policy.'),
      model: modelName.describe('Who scores; it stands beside the rules, never instead.'),
      criteria: text({ min: 1, max_bytes: limits.comment_bytes_max }).describe('What good work is, in words.'),
      capabilities: z
        .array(text({ min: 1, max: limits.name_characters_max }))
        .max(limits.capabilities_max)
        .optional()
        .describe('Whose results it is for; absent: all.'),
    }),
  }),
])
export type Check = Data<z.output<typeof check>>
export type CheckName = Check['check']

export const checkNames = [
  'output_schema',
  'length',
  'required_sections',
  'banned_content',
  'secrets',
  'personal_data',
  'sensitive_topics',
  'grounding',
  'rubric',
] as const satisfies CheckName[]
export const checkName = z.enum(checkNames)

/** The configuration that a check has where a task names it alone. Those with required parameters have none. */
export const defaultChecks = {
  output_schema: { check: 'output_schema', severity: 'critical', weight: 1, measures: 'quality', violation_from: 0 },
  secrets: { check: 'secrets', severity: 'critical', weight: 1, measures: 'compliance', violation_from: 0 },
  personal_data: {
    check: 'personal_data',
    severity: 'warning',
    weight: 0.5,
    measures: 'compliance',
    violation_from: 0,
  },
  sensitive_topics: {
    check: 'sensitive_topics',
    severity: 'info',
    weight: 0,
    measures: 'compliance',
    violation_from: 1,
  },
  grounding: { check: 'grounding', severity: 'warning', weight: 1, measures: 'quality', violation_from: 0.1 },
} as const satisfies Partial<Record<CheckName, Check>>

const capabilities = z.array(text({ min: 1, max: limits.name_characters_max })).max(limits.capabilities_max)

const fields = {
  oversight: z.enum(['low', 'medium', 'high']).describe('low: no row 5; medium: the table; high: every commit asks.'),
  quality_min: share,
  confidence_min: share,
  commit_above: share.describe('Confidence above this commits; exactly this goes to a person.'),
  retries_max: z.int().min(0).max(limits.attempts_max),
  checks: z.array(check).max(limits.policy_checks_max),
  sensitive_topics: z.array(topic).max(limits.policy_list_max),
  topic_words: z
    .record(topic, words)
    .describe('Words that mark further topics, or more words for a known one. Compared as whole words, without case.'),
  on_conflict: z.enum(['person', 'replan', 'fail']).describe('After three commits of one task were refused.'),
  four_eyes: z.boolean().describe('Who stated, planned or retried a goal may not decide about it or its results.'),
  quorum: z.int().min(1).max(limits.quorum_max).describe('How many people must approve.'),
  approval_due_ms: z.int().min(1_000).max(limits.approval_due_ms_max),
  approval_claim_ms: z.int().min(1_000).max(limits.approval_claim_ms_max),
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
  retries_max: limits.retries_default,
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
  approval_due_ms: limits.approval_due_ms_default,
  approval_claim_ms: limits.approval_claim_ms_default,
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
