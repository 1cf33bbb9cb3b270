import { z } from 'zod'
import { type Data, json } from '../values.ts'
import { runtimesLimits } from './limits.ts'

/** What an earlier run of the task asked a person, and left to the run that goes on. */
export const asking = z.object({
  question: z.string(),
  answer: json().describe('As it was given: a text, or the content that somebody entered.'),
  checkpoint: json({ max_bytes: runtimesLimits.checkpoint_bytes_max }),
})
export type PersonQuestion = Data<z.output<typeof asking>>
