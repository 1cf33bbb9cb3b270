import { z } from 'zod'
import { count } from '../values.ts'

/** Each type of event with the shape of its `data`. */
export const platformEvents = {
  'journal.retired': z.object({ through_number: count, head: z.string() }),
} as const
