import { z } from 'zod'
import { artifactId } from '../ids.ts'
import { count } from '../values.ts'

const created = z.object({ artifact_id: artifactId, type: z.string(), size_bytes: count })

/** Each type of event with the shape of its `data`. */
export const artifactsEvents = {
  'artifact.created': created,
  'artifact.versioned': created.extend({ version_of: artifactId, human_edited: z.boolean() }),
} as const
