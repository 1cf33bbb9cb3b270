/** The planner's bounded functions: playbooks, outlines, conditions, schemas and relevance. */
import type { PlanTask } from '@muster/contract/planner/tasks/task-definitions'
import { schemaMs } from '../../../platform/json/schema-estimate.ts'
import { schemaProblem } from '../../../platform/json/schemas.ts'
import { type BoundedFunction, boundedFunction } from '../../../platform/threads/bounded-function.ts'
import { semanticFilter } from '../rules/semantic-filter.rules.ts'
import { planFromOutline } from '../strategies/outline.ts'
import { planFromPlaybook } from '../strategies/playbook.ts'
import { type PlannedTasks, PlanningError, type PlanningInput } from '../strategies/strategy.types.ts'
import { ConditionError, conditionMs, conditionProblem, holds } from './conditions.ts'

const time_ms = 5000

interface DraftInput {
  readonly request: PlanningInput
  readonly playbook: string | undefined
}

type Draft = { readonly tasks: PlannedTasks } | { readonly problem: string; readonly field: string }

/** The tasks of a playbook, or of a text by its outline. */
export const draft = boundedFunction({
  name: 'planner.draft',
  subject: 'The playbook or the instructions',
  remedy: 'Make it smaller, use shorter lists in its conditions, or provide the plan as JSON.',
  time_ms,
  estimateMs: ({ playbook, request }: DraftInput) =>
    playbook === undefined ? outlineMs(request) : Number.POSITIVE_INFINITY,
  run({ playbook, request }): Draft {
    try {
      return { tasks: playbook === undefined ? planFromOutline(request) : planFromPlaybook(playbook, request) }
    } catch (error) {
      if (error instanceof PlanningError) return { problem: error.message, field: error.field }
      throw error
    }
  },
})

/** Time of an outline: each document's name is searched in each line, and each part becomes a task. */
function outlineMs({ text = '', artifacts }: PlanningInput): number {
  return 1 + (text.length * (1 + artifacts.length)) / 100_000 + text.length / 1000
}

interface ConditionInput {
  readonly until: string
  /** JSON text. */
  readonly output: string
}

type Answer = { readonly holds: boolean } | { readonly problem: string }

/** Longer outputs are not parsed a second time to see what a condition on them costs. */
const estimated_characters_max = 16_384

/** Whether the condition of a repeated task holds for the output of a round. */
export const condition = boundedFunction({
  name: 'planner.condition',
  subject: 'The condition',
  remedy: 'Use fewer or smaller values.',
  time_ms,
  estimateMs: ({ until, output }: ConditionInput) =>
    output.length > estimated_characters_max
      ? Number.POSITIVE_INFINITY
      : conditionMs(until, { output: JSON.parse(output) }),
  run({ until, output }): Answer {
    try {
      return { holds: holds(until, { output: JSON.parse(output) }) }
    } catch (error) {
      if (error instanceof ConditionError) return { problem: error.message }
      throw error
    }
  },
})

type Written = Pick<PlanTask, 'repeat' | 'output_schema'>

interface WrittenProblem {
  /** Of the task. */
  readonly index: number
  readonly where: 'repeat' | 'output_schema'
  readonly problem: string
}

const condition_ms = 0.2

/** The first condition or schema of a plan that cannot be used, or null. Equal ones are tested once. */
export const writtenParts = boundedFunction({
  name: 'planner.written-parts',
  subject: 'Reading the conditions and output schemas of the plan',
  remedy: 'Make the schemas smaller, or share them between tasks.',
  time_ms,
  estimateMs: (tasks: readonly Written[]) =>
    tasks.reduce(
      (sum, { repeat, output_schema }) =>
        sum + (repeat ? condition_ms : 0) + (output_schema === undefined ? 0 : schemaMs(output_schema)),
      0,
    ),
  run(tasks): WrittenProblem | null {
    const problems = new Map<string, string | null>()
    const once = (text: string, findProblem: () => string | null): string | null => {
      const problem = problems.has(text) ? problems.get(text) : findProblem()
      problems.set(text, problem ?? null)
      return problem ?? null
    }
    for (const [index, { repeat, output_schema }] of tasks.entries()) {
      const until = repeat?.until
      const unusable = until === undefined ? null : once(`until ${until}`, () => conditionProblem(until))
      if (unusable !== null) return { index, where: 'repeat', problem: unusable }
      if (output_schema === undefined) continue
      const problem = once(JSON.stringify(output_schema), () => schemaProblem(output_schema))
      if (problem !== null) return { index, where: 'output_schema', problem }
    }
    return null
  },
})

interface RelevanceInput {
  readonly content: string
  readonly goals: readonly string[]
  readonly relevance_threshold: number
}

const term_ms_per_character = 0.0005

/** The relevance of a text to goals, by shared terms. */
export const relevance = boundedFunction({
  name: 'planner.relevance',
  subject: 'Comparing the text with the goals',
  remedy: 'Use a shorter text or fewer goals.',
  time_ms,
  estimateMs: ({ content, goals }: RelevanceInput) =>
    goals.reduce((sum, goal) => sum + goal.length, content.length) * term_ms_per_character,
  run: ({ content, goals, relevance_threshold }) => semanticFilter(content, goals, relevance_threshold),
})

/** All of them, for the threads that run them. */
export const plannerEvaluations: readonly BoundedFunction<never, unknown>[] = [
  draft,
  condition,
  writtenParts,
  relevance,
]
