import { z } from 'zod'
import { stopId } from '../ids.ts'
import { actor } from '../platform/actors.ts'
import { platformLimits } from '../platform/limits.ts'
import { type Data, text, timestamp } from '../values.ts'

/** What an emergency stop can stop. */
export const stopScopes = ['organization', 'project', 'agent'] as const

/** An emergency stop. While it holds nothing is claimed, judged, committed or timed out below it. */
export const stop = z.object({
  id: stopId,
  scope: z.object({ kind: z.enum(stopScopes), id: z.string() }),
  reason: z.string(),
  raised_by: actor,
  raised_at: timestamp,
  lifted_by: actor.optional(),
  lifted_at: timestamp.optional(),
})
export type Stop = Data<z.output<typeof stop>>

/** Why an emergency stop is raised. */
export const stopRaise = z.strictObject({ reason: text({ max_bytes: platformLimits.reason_bytes_max }).default('') })
