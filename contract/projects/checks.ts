import { z } from 'zod'
import { platformLimits } from '../platform/limits.ts'
import { severities } from '../platform/severities.ts'
import { type Data, int4, modelName, share, text } from '../values.ts'
import { projectsLimits } from './limits.ts'

/** Words or phrases, within the limits of a policy. */
export const wordList = z
  .array(text({ min: 1, max: projectsLimits.policy_pattern_characters_max }))
  .max(projectsLimits.policy_list_max)
const path = text({ max: platformLimits.reference_characters_max }).describe(
  'JSON Pointer into the output; absent: all of it.',
)

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
    params: z.strictObject({ path: path.optional(), sections: wordList.describe('Headings, compared without case.') }),
  }),
  z.strictObject({
    check: z.literal('banned_content'),
    ...figures,
    params: z.strictObject({
      words: wordList.optional().describe('Whole words or phrases, compared without case.'),
      patterns: wordList.optional().describe('Regular expressions in the syntax of RE2, which is linear.'),
    }),
  }),
  z.strictObject({ check: z.literal('secrets'), ...figures }),
  z.strictObject({
    check: z.literal('personal_data'),
    ...figures,
    params: z
      .strictObject({
        kinds: z.array(z.enum(['email', 'phone', 'card', 'iban', 'national_id', 'ip_address'])).optional(),
        allow: wordList.optional().describe('Values that are fine, such as the address of the press office.'),
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
      name: text({ min: 1, max: platformLimits.key_characters_max }).describe('One rubric a name within a policy.'),
      model: modelName.describe('Who scores; it stands beside the rules, never instead.'),
      criteria: text({ min: 1, max_bytes: platformLimits.comment_bytes_max }).describe('What good work is, in words.'),
      capabilities: z
        .array(text({ min: 1, max: platformLimits.name_characters_max }))
        .max(projectsLimits.capabilities_max)
        .optional()
        .describe('Whose results it is for; absent: all.'),
    }),
  }),
])
export type Check = Data<z.output<typeof check>>
/** The name of one of the checks. */
export type CheckName = Check['check']

/** The checks that a policy can hold. */
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
/** The name of one of the checks. */
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
