import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { LoadedArtifact } from '../pool.types.ts'
import { loadArtifact, pureCapability } from '../pure-capability.ts'
import { readSource } from '../text/source.ts'
import { artifactId, firstOf, fittingItems, noteField, orLeftOut, unreadable } from './inputs.ts'

/**
 * Outlines a document without its sentences: title, size, and sections with their byte ranges. Capabilities that need
 * the words (`section`, `summarize`, `chunk` …) take the same `artifact_id` and read them at the source, so an outline
 * does not grow with the document and does not repeat sensitive text.
 */
export const read = pureCapability({
  name: 'read',
  summary: 'Reads a text, Markdown or HTML document: title, size, and sections with their byte ranges.',
  input: z.strictObject({ artifact_id: artifactId, unreadable }),
  gather: async ({ artifact_id }, context) => [await loadArtifact(artifact_id, context)],
  work: ({ unreadable: choice }, artifacts) => {
    const artifact = firstOf(artifacts)
    return orLeftOut(artifact, choice, () => outlineOf(artifact))
  },
})

function outlineOf({ artifact_id, name, media_type, bytes }: LoadedArtifact) {
  const source = readSource({ name, media_type, bytes })
  const sections = fittingItems(source.sections)
  return {
    artifact_id,
    name,
    media_type,
    format: source.format,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    title: source.title,
    bytes: bytes.length,
    chars: source.chars,
    sentence_count: source.sentences.length,
    encoding: source.encoding,
    ...noteField(source),
    truncated: source.truncated || sections.length < source.sections.length,
    sections: sections.map((section) => ({ ...section })),
  }
}
