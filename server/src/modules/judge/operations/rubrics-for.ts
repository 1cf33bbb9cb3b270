import type { Policy } from '@muster/contract/projects/policies'
import type { RunResult } from '../../worker/worker.port.ts'
import { rulesFor } from '../checks/run-checks.ts'
import { type Rubric, rubricsOf } from '../rules/rubrics.rules.ts'

/** The rubrics that a result is scored by: those of the policy and of its task. */
export function rubricsFor({ checks }: Pick<Policy, 'checks'>, { task }: Pick<RunResult, 'task'>): readonly Rubric[] {
  const own = task.spec.checks
  if (!hasRubric(checks) && !hasRubric(own ?? [])) return []
  return rubricsOf(rulesFor(checks, own), task.capability)
}

const hasRubric = (rules: readonly (string | { readonly check: string })[]): boolean =>
  rules.some((rule) => typeof rule !== 'string' && rule.check === 'rubric')
