import { z } from 'zod'
import { loadArtifacts, pureCapability } from '../pure-capability.ts'
import { readSource, type Sentence, type Source } from '../text/source.ts'
import { artifactId, firstOf, fittingItems, noteField } from './inputs.ts'

/**
 * Splits a document into pieces of whole sentences that never cross a heading; `first` continues where an earlier
 * answer ended.
 */
export const chunk = pureCapability({
  name: 'chunk',
  summary: 'Splits a document into chunks of whole sentences, each with its heading and byte range.',
  input: z.strictObject({
    artifact_id: artifactId,
    chars_max: z.int().min(100).max(20_000).default(2000),
    first: z.int().min(0).default(0),
  }),
  gather: ({ artifact_id }, context) => loadArtifacts([artifact_id], context),
  work: ({ chars_max, first }, artifacts) => {
    const artifact = firstOf(artifacts)
    const source = readSource(artifact)
    const all = chunksOf(source, chars_max)
    const chunks = fittingItems(all.slice(first))
    return {
      artifact_id: artifact.artifact_id,
      name: artifact.name,
      title: source.title,
      chunk_count: all.length,
      ...noteField(source),
      truncated: source.truncated || first + chunks.length < all.length,
      chunks,
    }
  },
})

function chunksOf(source: Source, chars_max: number) {
  const groups: Sentence[][] = []
  let chars = 0
  for (const sentence of source.sentences.filter(({ kind }) => kind !== 'heading')) {
    const group = groups.at(-1)
    chars += sentence.text.length + 1
    if (group && group[0]?.section === sentence.section && chars <= chars_max) group.push(sentence)
    else {
      groups.push([sentence])
      chars = sentence.text.length + 1
    }
  }
  return groups.map((group, index) => ({
    index,
    heading: source.sections[group[0]?.section ?? -1]?.heading ?? null,
    byte_start: group[0]?.byte_start ?? 0,
    byte_end: group.at(-1)?.byte_end ?? 0,
    text: group.map(({ text }) => text).join(' '),
  }))
}
