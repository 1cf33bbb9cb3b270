import { z } from 'zod'
import { artifactsLimits } from '../../artifacts/limits.ts'
import { artifactId } from '../../ids.ts'
import { platformLimits } from '../../platform/limits.ts'
import { json, modelName, name, text } from '../../values.ts'
import { plannerLimits } from '../limits.ts'
import { plan } from './plans.ts'

/** The text of a goal. */
export const goalText = text({ max_bytes: plannerLimits.goal_text_bytes_max })
/** The artifacts that a goal works on. */
export const artifactIds = z.array(artifactId).max(artifactsLimits.goal_input_files_max)
/** Values for the variables of a playbook. */
export const variables = z.record(text({ min: 1, max: platformLimits.key_characters_max }), json())
const playbook = text({ min: 1, max_bytes: plannerLimits.playbook_bytes_max }).describe('A playbook in YAML.')

/** What a plan can be made of. */
export const planSources = {
  title: name,
  text: goalText.optional(),
  artifact_ids: artifactIds.optional(),
  plan: plan.optional(),
  playbook: playbook.optional(),
  variables: variables.optional().describe('For the playbook.'),
  strategy: z
    .enum(['outline', 'model'])
    .optional()
    .describe(
      'Who plans where nothing is planned yet; absent: the project’s `planner_model`, and without one the outline.',
    ),
  model: modelName.optional().describe('Who plans by model; absent: the project’s `planner_model`.'),
}

/** The error where a request has more than one source of a plan. */
export const onePlan = {
  error: 'must not stand beside plan',
  path: ['playbook'],
}
/** Whether a request has at most one source of a plan. */
export const hasOnePlan = (body: { plan?: unknown; playbook?: unknown }) =>
  body.plan === undefined || body.playbook === undefined
