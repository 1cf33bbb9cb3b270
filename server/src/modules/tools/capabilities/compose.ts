import { z } from 'zod'
import { loadArtifacts, pureCapability } from '../pure-capability.ts'
import { composeBriefing, type SectionText, sectionsInNeed } from '../text/briefing.ts'
import { artifactId } from './inputs.ts'

const byte = z.int().min(0)

/** The output of `section`, or anything of its shape; a person may have changed its text. */
const sectionShape = z.object({
  heading: z.string().max(1000),
  text: z.string(),
  artifact_id: artifactId,
  name: z.string().max(1000),
  citations: z
    .array(
      z.object({
        marker: z.string().max(1000),
        artifact_id: artifactId,
        name: z.string().max(1000),
        byte_start: byte,
        byte_end: byte,
        text: z.string().min(1),
      }),
    )
    .max(1000),
})

/**
 * Composes one Markdown document out of sections: at least one sentence from every source, none twice. Where sources
 * say the same, one keeps the sentence and the other gives another of its own, which is read from the source again. A
 * null among the sections (an edge that continues over a failure) is left out, and the document says so.
 */
export const compose = pureCapability({
  name: 'compose',
  summary: 'Joins sections into one Markdown document that uses every source and repeats no sentence.',
  input: z.strictObject({
    title: z.string().min(1).max(200).default('Briefing'),
    sections: z.array(sectionShape.nullable()).min(1).max(1000),
  }),
  gather: ({ sections }, context) => loadArtifacts(sectionsInNeed(present(sections)), context),
  work: ({ title, sections }, artifacts) => {
    const presentSections = present(sections)
    return composeBriefing({
      title,
      sections: presentSections,
      artifacts,
      missing: sections.length - presentSections.length,
    })
  },
})

function present(sections: readonly (SectionText | null)[]): readonly SectionText[] {
  return sections.filter((section) => section !== null)
}
