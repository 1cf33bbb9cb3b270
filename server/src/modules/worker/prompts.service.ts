import { readPrompts } from '../../platform/prompts.ts'

/** What models are told of their tasks. */
export const modelPrompts = readPrompts(new URL('./prompts/', import.meta.url), [
  'model-system',
  'model-task',
  'command-line',
])
