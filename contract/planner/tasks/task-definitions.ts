import { z } from 'zod'
import { artifactsLimits } from '../../artifacts/limits.ts'
import { artifactId, projectId } from '../../ids.ts'
import { platformLimits } from '../../platform/limits.ts'
import { taskKind } from '../../platform/task-kind-names.ts'
import { check, checkName } from '../../projects/checks.ts'
import { projectsLimits } from '../../projects/limits.ts'
import { operationInput, readInput } from '../../state/documents.ts'
import { agentRef, amount, type Data, json, jsonObject, name, text } from '../../values.ts'
import { plannerLimits } from '../limits.ts'

/** From the least urgent to the most. */
export const priorities = ['low', 'medium', 'high', 'urgent'] as const
export type Priority = (typeof priorities)[number]
/** One of the priorities. */
export const priority = z.enum(priorities)

/** What becomes of a task when one that it depends on fails. */
export const failurePolicies = ['fail', 'skip', 'continue', 'replan', 'ask'] as const
export type FailurePolicy = (typeof failurePolicies)[number]
/** One of these policies. */
export const onFailure = z.enum(failurePolicies)

/** The key of a task within its plan. Children of `for_each` get `key[0]`, `key[1]` and so on. */
export const taskKey = text({ min: 1, max: platformLimits.key_characters_max }).regex(/^[A-Za-z0-9_][A-Za-z0-9_-]*$/)
/** The name of a capability, such as `research`. */
export const capabilityName = text({ min: 1, max: platformLimits.name_characters_max })

/** `{"$from": key ".output" { "." name | "[" n "]" }}`; inside `for_each` also `item` and `index`, inside `repeat` `previous.output`. */
export const reference = z.strictObject({ $from: text({ min: 1, max: platformLimits.reference_characters_max }) })
export type Reference = Data<z.output<typeof reference>>

/** What is held for one task; 0: nothing. */
export const taskBudget = z.strictObject({ cost_micro_usd: amount.default(0), tokens: amount.default(0) })

/** What says how one task is done, whether it stands in a plan or alone. */
const work = {
  title: name.optional().describe('Absent: the key.'),
  capability: capabilityName,
  agent_id: agentRef
    .nullish()
    .describe('Absent or null: the active agent with the capability and the fewest live runs.'),
  input: json().default({}),
  reads: z.array(readInput).max(plannerLimits.task_reads_max).default([]),
  writes: z
    .array(operationInput)
    .max(plannerLimits.task_writes_max)
    .optional()
    .describe(
      'Absent: the output is created as `goals/{goal_id}/{key}` (`tasks/{task_id}` for a task without a goal).',
    ),
  output_schema: jsonObject().optional().describe('JSON Schema that the output must satisfy.'),
  checks: z
    .array(z.union([checkName, check]))
    .max(projectsLimits.policy_checks_max)
    .default([]),
  approval: z.enum(['none', 'before', 'after', 'always']).default('none'),
  budget: taskBudget.optional(),
  priority: priority.optional().describe('Absent: that of the goal, else medium.'),
  timeout_ms: z.int().min(1).max(plannerLimits.task_timeout_ms_max).default(plannerLimits.task_timeout_ms_default),
  attempts_max: z.int().min(1).max(projectsLimits.attempts_max).default(plannerLimits.attempts_default),
}

/** A task that has to end first, and what becomes of this one when that fails. */
export const dependency = z.strictObject({ key: taskKey, on_failure: onFailure.optional() })

/** One task of a plan. */
export const planTask = z.strictObject({
  key: taskKey,
  ...work,
  depends_on: z
    .array(z.union([taskKey, dependency]))
    .max(plannerLimits.task_dependencies_max)
    .default([]),
  on_failure: onFailure.default('fail').describe('For the edges that name none.'),
  for_each: reference.optional(),
  repeat: z
    .strictObject({
      until: text({ min: 1, max: platformLimits.reference_characters_max }).describe('CEL over `output`.'),
      max: z.int().min(1).max(plannerLimits.repeat_max).default(plannerLimits.repeat_default),
    })
    .optional(),
})
export type PlanTask = Data<z.output<typeof planTask>>
export type PlanTaskInput = Data<z.input<typeof planTask>>

/** A task of the kind `work` without a goal. */
export const workCreate = z.strictObject({
  project_id: projectId,
  kind: z
    .literal('work')
    .default('work')
    .describe('Absent: `evaluation` where there is a `pr_url`, `work` where there is a `capability`, else `quest`.'),
  ...work,
})
export type WorkCreate = Data<z.output<typeof workCreate>>

/** The same under a project's path, where an agent type with instructions may stand for a capability with an input. */
export const projectTaskCreate = z
  .strictObject({
    kind: taskKind.default('work'),
    ...work,
    capability: capabilityName.optional(),
    agent_type: capabilityName.optional().describe('Another word for `capability`.'),
    instructions: text({ max_bytes: plannerLimits.goal_text_bytes_max })
      .optional()
      .describe('Becomes `input.instructions`.'),
    context_ids: z
      .array(artifactId)
      .max(artifactsLimits.goal_input_files_max)
      .optional()
      .describe('Becomes `input.artifact_ids`.'),
  })
  .refine((body) => (body.capability === undefined) !== (body.agent_type === undefined), {
    error: 'must name either capability or agent_type',
    path: ['capability'],
  })
export type ProjectTaskCreate = Data<z.output<typeof projectTaskCreate>>
