import { completePolicy, type Policy, type PolicyInput } from '@muster/contract/projects/policies'
import type { ProjectCreate } from '@muster/contract/projects/projects'
import { invalid } from '../../platform/errors.ts'

/** The first policy of a project: the defaults with the body's changes and its shorthand for the oversight. */
export function firstPolicy({ oversight, policy = {} }: Pick<ProjectCreate, 'oversight' | 'policy'>): Policy {
  if (oversight !== undefined && policy.oversight !== undefined && oversight !== policy.oversight)
    throw invalid('oversight', 'oversight and policy.oversight have different values.', oversight)
  return completePolicy(oversight === undefined ? policy : { ...policy, oversight })
}

/** Where a pattern of a check stands in a policy. */
export interface PolicyPattern {
  readonly pattern: string
  readonly field: string
}

/** Every regular expression in a policy. */
export function patternsOf(policy: PolicyInput): readonly PolicyPattern[] {
  return (policy.checks ?? []).flatMap((check, place) =>
    check.check === 'banned_content'
      ? (check.params.patterns ?? []).map((pattern, index) => ({
          pattern,
          field: `checks.${place}.params.patterns.${index}`,
        }))
      : [],
  )
}
