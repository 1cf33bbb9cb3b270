import { z } from 'zod'
import { providerId } from '../ids.ts'
import { version } from '../values.ts'

const provider = z.object({ provider_id: providerId, name: z.string() })
const model = z.object({ model: z.string().describe('Its name.'), version })

/** Each type of event with the shape of its `data`. */
export const gatewayEvents = {
  'provider.created': provider,
  'provider.changed': provider,
  'provider.removed': provider,
  'model.created': model,
  'model.changed': model,
  'model.removed': model,
} as const
