import { z } from 'zod'
import { loadArtifacts, pureCapability } from '../pure-capability.ts'
import { composeBriefing, sectionsInNeed } from '../text/briefing.ts'
import { CapabilityError } from '../tools.port.ts'
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
  note: z.string().max(2000).optional(),
})

/** The output of `section` for a source that cannot be read. */
const leftOutShape = z.object({ name: z.string().max(1000), left_out: z.string().max(2000) })

type PresentSection = z.output<typeof sectionShape>
type GivenSection = PresentSection | z.output<typeof leftOutShape> | null

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
    sections: z
      .array(z.union([sectionShape, leftOutShape]).nullable())
      .min(1)
      .max(1000),
  }),
  gather: ({ sections }, context) => loadArtifacts(sectionsInNeed(present(sections)), context),
  work: ({ title, sections }, artifacts) => {
    const presentSections = present(sections)
    const leftOut = sections.flatMap((section) => (section && 'left_out' in section ? [section.left_out] : []))
    if (presentSections.length === 0 && leftOut.length === sections.length)
      throw new CapabilityError('media_type', `no file can be read: ${leftOut.join('; ')}`)
    const notes = presentSections.flatMap(({ note }) => note ?? [])
    return composeBriefing({
      title,
      sections: presentSections,
      artifacts,
      missing: sections.length - presentSections.length - leftOut.length,
      left_out: leftOut,
      notes,
    })
  },
})

function present(sections: readonly GivenSection[]): readonly PresentSection[] {
  return sections.filter((section): section is PresentSection => section !== null && !('left_out' in section))
}
