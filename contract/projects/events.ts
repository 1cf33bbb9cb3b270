import { z } from 'zod'
import { stopId } from '../ids.ts'
import { version } from '../values.ts'
import { stopScopes } from './stops.ts'

const nothing = z.object({})
const stopFacts = z.object({ stop_id: stopId, scope_kind: z.enum(stopScopes), scope_id: z.string() })

/** Each type of event with the shape of its `data`. */
export const projectsEvents = {
  'project.created': nothing,
  'project.changed': z.object({ fields: z.array(z.string()) }),
  'project.paused': nothing,
  'project.resumed': nothing,
  'policy.changed': z.object({ version, rolled_back_to: version.optional() }),
  'stop.raised': stopFacts,
  'stop.lifted': stopFacts,
} as const
