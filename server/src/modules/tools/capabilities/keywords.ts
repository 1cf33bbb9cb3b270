import { z } from 'zod'
import { rake } from '../../../platform/text/rake.ts'
import { pureCapability } from '../pure-capability.ts'
import { readSource } from '../text/source.ts'
import { gatherSource, oneSource, sourceFields, sourceOf } from './inputs.ts'

export const keywords = pureCapability({
  name: 'keywords',
  summary: 'Extracts key phrases of a document or text (RAKE).',
  input: z
    .strictObject({ ...sourceFields, keywords_max: z.int().min(1).max(100).default(10) })
    .refine(oneSource.test, oneSource.message),
  gather: gatherSource,
  work: (input, artifacts) => {
    const { sentences } = readSource(sourceOf(input, artifacts))
    const texts = sentences.map(({ text }) => text)
    return { keywords: rake(texts, input.keywords_max).map((keyword) => ({ ...keyword })) }
  },
})
