import { textAtOf } from './text/text-at.ts'

/** What the threads need of the module. */
export const toolFunctions = { textAt: textAtOf } as const
