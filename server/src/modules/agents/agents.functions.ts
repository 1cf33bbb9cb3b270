import { soulParser } from './persona-file.ts'

/** What the module lets the threads evaluate. */
export const agentFunctions = [soulParser] as const
