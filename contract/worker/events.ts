import { z } from 'zod'

const nothing = z.object({})

/** Each type of event with the shape of its `data`. */
export const workerEvents = {
  'task.started': nothing,
  'task.reported': nothing,
  'task.lease_lost': nothing,
} as const
