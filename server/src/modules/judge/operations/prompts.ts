import { readPrompts } from '../../../platform/prompts.ts'

/** The prompts for scoring by a rubric, read from `prompts/`. */
export const judgePrompts = readPrompts(new URL('./prompts/', import.meta.url), ['rubric-system', 'rubric-work'])
