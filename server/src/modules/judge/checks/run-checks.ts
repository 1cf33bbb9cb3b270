/** Runs the checks that a policy and a task name over one output. */
import { type CheckName, type Check as ContractRule, defaultChecks } from '@muster/contract/projects/checks'
import type { RubricScore } from '../rules/rubrics.rules.ts'
import { bannedContent } from './banned-content.ts'
import type { Check, CheckRule, Finding, SourceText } from './checks.types.ts'
import { grounding } from './grounding.ts'
import { length } from './length.ts'
import { outputSchema } from './output-schema.ts'
import { personalData } from './personal-data.ts'
import { requiredSections } from './required-sections.ts'
import { rubric } from './rubric.ts'
import { secrets } from './secrets.ts'
import { textsOf } from './texts.ts'
import { sensitiveTopics } from './topics/sensitive-topics.ts'

const checks: Readonly<Record<CheckName, Check>> = {
  output_schema: outputSchema,
  length,
  required_sections: requiredSections,
  banned_content: bannedContent,
  secrets,
  personal_data: personalData,
  sensitive_topics: sensitiveTopics,
  grounding,
  rubric,
}

export interface Examination {
  readonly output: unknown
  readonly output_schema?: unknown
  /** The policy's `sensitive_topics` and `topic_words`. */
  readonly topics: readonly string[]
  readonly topic_words?: Readonly<Record<string, readonly string[]>>
  /** By artifact id, for grounding: `citedArtifacts(output)` says which. */
  readonly sources?: ReadonlyMap<string, SourceText>
  readonly scores?: ReadonlyMap<string, RubricScore>
}

/** One finding for each rule, in the order of the rules. */
export function runChecks(rules: readonly CheckRule[], examination: Examination): readonly Finding[] {
  if (rules.length === 0) return []
  const { output, output_schema, topics, topic_words = {}, sources = new Map(), scores = new Map() } = examination
  const texts = textsOf(output)
  // Written field by field: spreading costs more than most checks do.
  return rules.map((rule) => {
    const { check, severity, weight, measures, violation_from, params = {} } = rule
    const result = checks[check]({ output, output_schema, topics, topic_words, sources, scores, texts, params })
    const { failed, of, evidence, message, topics: foundTopics } = result
    const finding = { check, severity, weight, measures, violation_from, failed, of, evidence }
    if (message === undefined && foundTopics === undefined) return finding
    return {
      ...finding,
      ...(message !== undefined && { message }),
      ...(foundTopics !== undefined && { topics: foundTopics }),
    }
  })
}

/**
 * The checks for a task: the policy's and the task's own. A task adds and never weakens: a whole check of its own
 * stands beside the policy's, a name alone brings the contract's default unless the policy has the check already.
 */
export function rulesFor(
  policy_rules: readonly ContractRule[],
  task_checks: readonly (CheckName | ContractRule)[] = [],
): readonly ContractRule[] {
  if (task_checks.length === 0) return policy_rules
  const rules = new Map<string, ContractRule>(policy_rules.map((rule, index) => [`${rule.check} ${index}`, rule]))
  for (const [index, taskCheck] of task_checks.entries()) {
    if (typeof taskCheck !== 'string') rules.set(`task ${index}`, taskCheck)
    else if (!policy_rules.some(({ check }) => check === taskCheck) && isDefault(taskCheck))
      rules.set(`task ${index}`, defaultChecks[taskCheck])
  }
  return [...rules.values()]
}

/** Whether any rule needs the sources of an output to be loaded. */
export function needsSources(rules: readonly CheckRule[]): boolean {
  return rules.some(({ check }) => check === 'grounding')
}

function isDefault(name: CheckName): name is keyof typeof defaultChecks {
  return Object.hasOwn(defaultChecks, name)
}
