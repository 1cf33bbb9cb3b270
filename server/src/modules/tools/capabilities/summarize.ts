import { z } from 'zod'
import { summarizeSentences } from '../../../platform/text/lexrank.ts'
import { rake } from '../../../platform/text/rake.ts'
import { pureCapability } from '../pure-capability.ts'
import { citationOf, citedLine } from '../text/citations.ts'
import { readSource } from '../text/source.ts'
import { gatherSource, noteField, oneSource, sourceFields, sourceOf } from './inputs.ts'

/**
 * Summarizes by the most central sentences (LexRank), word for word and in the order of the document. For an artifact
 * each is followed by its citation in `text`; a text given inline has no citations.
 */
export const summarize = pureCapability({
  name: 'summarize',
  summary: 'Summarizes a document or text by its most central sentences (LexRank), each cited to file and byte range.',
  input: z
    .strictObject({
      ...sourceFields,
      sentences_max: z.int().min(1).max(50).default(5),
      keywords_max: z.int().min(0).max(50).default(8),
    })
    .refine(oneSource.test, oneSource.message),
  gather: gatherSource,
  work: (input, artifacts) => {
    const artifact = sourceOf(input, artifacts)
    const source = readSource(artifact)
    const phrases = rake(
      source.sentences.map(({ text }) => text),
      input.keywords_max,
    )
    const chosenSentences = summarizeSentences(source.sentences, input.sentences_max)
    const titleAndKeywords = { title: source.title, keywords: phrases.map(({ phrase }) => phrase) }
    if (artifact.artifact_id === '') {
      const texts = chosenSentences.map(({ text }) => text)
      return { ...titleAndKeywords, text: texts.join(' '), sentences: texts.map((text) => ({ text })) }
    }
    const citations = chosenSentences.map((sentence) => citationOf(artifact, sentence))
    return {
      ...titleAndKeywords,
      ...noteField(source),
      text: citations.map(citedLine).join('\n'),
      sentences: citations.map(({ text, marker, ...citation }) => ({ text, marker, citation })),
    }
  },
})
