import { difference } from './difference-function.ts'
import { documentHash } from './presenting.service.ts'

/** What the module lets the threads evaluate. */
export const stateFunctions = [difference, documentHash] as const
