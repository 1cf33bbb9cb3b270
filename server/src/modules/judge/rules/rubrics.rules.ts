/** Which rubrics a result is scored by, and what is missing: pure. */
import type { Check } from '@muster/contract/projects/checks'

export type Rubric = Extract<Check, { readonly check: 'rubric' }>['params']

/** A score as it is kept; without one, the model could not be brought to give it. */
export interface RubricScore {
  readonly rubric: string
  readonly score: number | null
  readonly reasoning: string
}

/** The rubrics among rules, for a capability. */
export function rubricsOf(rules: readonly Check[], capability: string): readonly Rubric[] {
  return rules.flatMap((rule) => (rule.check === 'rubric' && appliesTo(rule.params, capability) ? [rule.params] : []))
}

export function appliesTo({ capabilities }: Pick<Rubric, 'capabilities'>, capability: string): boolean {
  return capabilities === undefined || capabilities.includes(capability)
}

/** Rules without the rubrics that are for other capabilities. */
export function rulesForCapability(rules: readonly Check[], capability: string): readonly Check[] {
  return rules.filter((rule) => rule.check !== 'rubric' || appliesTo(rule.params, capability))
}
