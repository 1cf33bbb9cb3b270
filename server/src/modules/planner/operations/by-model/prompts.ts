import { readPrompts } from '../../../../platform/prompts.ts'

/** The planner's prompts, read from `prompts/`. */
export const plannerPrompts = readPrompts(new URL('./prompts/', import.meta.url), [
  'plan-system',
  'plan-goal',
  'relevance-system',
])
