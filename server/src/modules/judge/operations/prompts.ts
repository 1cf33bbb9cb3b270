import { readPrompts } from '../../../platform/prompts.ts'

/** What a model is told that scores work by a rubric. */
export const judgePrompts = readPrompts(new URL('./prompts/', import.meta.url), ['rubric-system', 'rubric-work'])
