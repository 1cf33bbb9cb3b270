import { readPrompts } from '../../platform/prompts.ts'

/** The prompts for runs, read from `prompts/`. */
export const modelPrompts = readPrompts(new URL('./prompts/', import.meta.url), [
  'model-system',
  'model-task',
  'command-line',
])
