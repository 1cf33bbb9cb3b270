import { z } from 'zod'
import { projectId } from '../ids.ts'
import { queryInteger } from '../lists.ts'
import { count, type Data, share } from '../values.ts'
import { judgeLimits } from './limits.ts'

/** Of what time and project the agreement is asked. */
export const agreementQuery = z.strictObject({
  project_id: projectId.optional(),
  days: queryInteger({ min: 1, max: judgeLimits.agreement_days_max }).default(judgeLimits.agreement_days_default),
})

/** How often people came to what the judge had come to, for one kind of task. */
export const agreement = z.object({
  capability: z.string(),
  decisions: count.describe('By people, about results of this capability.'),
  approved: count,
  amended: count,
  rejected: count,
  agreed: count.describe('Approved where the judge had found nothing to send back, not approved where it had.'),
  share: share.describe('`agreed` of `decisions`.'),
  share_low: share.describe('The lower end of the 95 % interval (Wilson 1927).'),
  share_high: share,
  sampled: count.describe('Of the decisions, those that policy drew among what would have committed by itself.'),
  rubrics: z.array(
    z.object({
      rubric: z.string(),
      model: z.string(),
      decisions: count,
      mean_when_approved: share.optional(),
      mean_when_not: share.optional(),
    }),
  ),
})
export type Agreement = Data<z.output<typeof agreement>>
/** How often people decided as the judge did, by capability. */
export const agreementReport = z.object({ items: z.array(agreement) })
