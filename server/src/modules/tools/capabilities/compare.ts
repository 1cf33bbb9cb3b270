import { z } from 'zod'
import { loadArtifacts, pureCapability } from '../pure-capability.ts'
import { compareSources } from '../text/comparison.ts'
import { artifactId } from './inputs.ts'

export const compare = pureCapability({
  name: 'compare',
  summary: 'Compares documents: shared terms, terms of one document only, and nearly equal sentences.',
  input: z.strictObject({
    artifact_ids: z.array(artifactId).min(2).max(20),
    terms_max: z.int().min(1).max(100).default(20),
  }),
  gather: ({ artifact_ids }, context) => loadArtifacts([...new Set(artifact_ids)], context),
  work: ({ terms_max }, artifacts) => compareSources(artifacts, terms_max),
})
