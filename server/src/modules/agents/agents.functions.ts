import { soulReading } from './persona-file.ts'

/** What the module lets the threads evaluate. */
export const agentFunctions = [soulReading] as const
