import { readPrompts } from '../../../platform/prompts.ts'

/** What a model is told that plans, or that says what matters. */
export const plannerPrompts = readPrompts(new URL('./prompts/', import.meta.url), [
  'plan-system',
  'plan-goal',
  'relevance-system',
])
