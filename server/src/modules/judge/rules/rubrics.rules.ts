/** Which rubrics apply to a result, and which scores are missing: pure. */
import type { Check } from '@muster/contract/projects/checks'

export type Rubric = Extract<Check, { readonly check: 'rubric' }>['params']

/** A stored score; without a number, the model gave none. */
export interface RubricScore {
  readonly rubric: string
  readonly score: number | null
  readonly reasoning: string
}

/** The rubrics among a policy's checks, for a capability. */
export function rubricsOf(rules: readonly Check[], capability: string): readonly Rubric[] {
  return rules.flatMap((rule) => (rule.check === 'rubric' && appliesTo(rule.params, capability) ? [rule.params] : []))
}

export function appliesTo({ capabilities }: Pick<Rubric, 'capabilities'>, capability: string): boolean {
  return capabilities === undefined || capabilities.includes(capability)
}

/** The checks without rubrics for other capabilities. */
export function rulesForCapability(rules: readonly Check[], capability: string): readonly Check[] {
  return rules.filter((rule) => rule.check !== 'rubric' || appliesTo(rule.params, capability))
}
