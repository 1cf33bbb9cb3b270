import { z } from 'zod'
import { type Data, timestamp } from '../values.ts'

/** Whether the service takes requests. */
export const health = z.object({ status: z.enum(['ok', 'failing']), service: z.literal('muster'), version: z.string() })
export type Health = Data<z.output<typeof health>>

/** One part of the program: how it is, and what to do about it. */
export const componentHealth = z.object({
  name: z.string(),
  status: z.enum(['ok', 'degraded', 'failing']),
  message: z.string().optional(),
  remedy: z.string().optional(),
  took_ms: z.number().min(0),
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
})
export type ComponentHealth = Data<z.output<typeof componentHealth>>

/** Every part by itself. 503 when a part that nothing works without is failing. */
export const healthDetailed = z.object({
  status: z.enum(['ok', 'degraded', 'failing']),
  service: z.literal('muster'),
  version: z.string(),
  started_at: timestamp,
  at: timestamp.describe('The database’s time, which leases and timers go by.'),
  components: z.array(componentHealth),
})
export type HealthDetailed = Data<z.output<typeof healthDetailed>>

/** Whether the process takes requests now. */
export const ready = z.object({ status: z.enum(['ready', 'not_ready']), reason: z.string().optional() })
/** That the process runs. */
export const live = z.object({ status: z.literal('live') })
