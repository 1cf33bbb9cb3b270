import { z } from 'zod'
import { summarizeSentences } from '../../../platform/text/lexrank.ts'
import type { LoadedArtifact } from '../pool.types.ts'
import { loadArtifacts, pureCapability } from '../pure-capability.ts'
import { citationOf, citedLine } from '../text/citations.ts'
import { readSource } from '../text/source.ts'
import { artifactId, firstOf, noteField, orLeftOut, unreadable } from './inputs.ts'

/**
 * Makes a source's section of a briefing: a heading, and its most central sentences, each with its citation on the same
 * line.
 */
export const section = pureCapability({
  name: 'section',
  summary: 'Writes a briefing section for one document: its most central sentences, each with a citation.',
  input: z.strictObject({
    artifact_id: artifactId,
    heading: z.string().min(1).max(200).nullish(),
    sentences_max: z.int().min(1).max(20).default(3),
    unreadable,
  }),
  gather: ({ artifact_id }, context) => loadArtifacts([artifact_id], context),
  work: ({ unreadable: choice, ...input }, artifacts) => {
    const artifact = firstOf(artifacts)
    return orLeftOut(artifact, choice, () => sectionOf(artifact, input))
  },
})

function sectionOf(
  artifact: LoadedArtifact,
  { heading, sentences_max }: { readonly heading?: string | null | undefined; readonly sentences_max: number },
) {
  const source = readSource(artifact)
  const citations = summarizeSentences(source.sentences, sentences_max).map((sentence) =>
    citationOf(artifact, sentence),
  )
  const title = (heading ?? source.title).replace(/\s+/g, ' ')
  const body = citations.length > 0 ? citations.map(citedLine).join('\n') : 'This source holds no text.'
  return {
    heading: title,
    text: `## ${title}\n\n${body}\n`,
    artifact_id: artifact.artifact_id,
    name: artifact.name,
    citations: citations.map((citation) => ({ ...citation })),
    ...noteField(source),
  }
}
