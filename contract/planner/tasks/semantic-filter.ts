import { z } from 'zod'
import { projectId } from '../../ids.ts'
import { platformLimits } from '../../platform/limits.ts'
import { modelName, text } from '../../values.ts'
import { goalText } from '../plans/plan-sources.ts'

/** The content whose relevance to active goals is asked. */
export const semanticFilterRequest = z.strictObject({
  agent_id: text({ min: 1, max: platformLimits.name_characters_max }).optional(),
  content: z.strictObject({
    type: z.enum(['text', 'image', 'video']).default('text'),
    content: text({ max_bytes: platformLimits.inline_bytes_max }),
    source: text({ max: platformLimits.reference_characters_max }).optional(),
  }),
  context: z.strictObject({
    project_id: projectId.optional().describe('Its running goals count as active where `active_goals` is absent.'),
    active_goals: z.array(goalText).max(platformLimits.page_size_max).optional(),
    relevance_threshold: z.number().min(0).max(1).default(0.75),
  }),
  model: modelName
    .optional()
    .describe('Who scores it; absent: the project’s `planner_model`, and without one the terms they share.'),
})

/** How relevant the content is, and whether a task should be made of it. */
export const semanticFiltered = z.object({
  filtered: z.boolean().describe('true: below the threshold, dropped.'),
  relevance_score: z.number().min(0).max(1),
  relevance_threshold: z.number(),
  reasoning: z.string(),
  should_create_task: z.boolean(),
})
