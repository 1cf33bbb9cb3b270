import { z } from 'zod'
import { agentId } from '../ids.ts'
import { listOf, listQuery } from '../lists.ts'
import { actor } from '../platform/actors.ts'
import { platformLimits } from '../platform/limits.ts'
import { type Data, int4, name, sha256, text, timestamp, version } from '../values.ts'
import { agentsLimits } from './limits.ts'

/** A persona as SOUL.md has it: front matter in YAML between two lines of `---`, then the story in Markdown. */
export const soul = text({ min: 1, max_bytes: agentsLimits.persona_bytes_max }).describe(
  'SOUL.md: front matter with name, voice_traits and directives, then the story.',
)

/** A persona's text, or the name of one that comes with Muster. */
export const personaGiven = z
  .strictObject({
    soul: soul.optional(),
    template: text({ min: 1, max: platformLimits.name_characters_max }).optional(),
  })
  .refine((given) => (given.soul === undefined) !== (given.template === undefined), {
    error: 'must have either soul or template',
    path: ['soul'],
  })
export type PersonaGiven = Data<z.output<typeof personaGiven>>

/** What an agent's row says of its persona. */
export const personaFacts = z.object({ version, name: z.string() })

/** One version of an agent's persona. Versions never change; each run notes the one it worked under. */
export const persona = z.object({
  agent_id: agentId,
  version,
  name: z.string(),
  voice_traits: z.array(z.string()),
  directives: z.array(z.string()),
  story: z.string().describe('Markdown.'),
  soul: z.string(),
  sha256,
  created_by: actor,
  created_at: timestamp,
})
export type Persona = Data<z.output<typeof persona>>

/** A page of the versions of a persona. */
export const personaQuery = z.strictObject(listQuery)
/** A page of the versions of a persona, newest first. */
export const personaList = listOf(persona)
/** The version of a persona that comes into force again, as a new version. */
export const personaRollback = z.strictObject({ version: int4({ min: 1 }) })

/** A ready-made persona. */
export const personaTemplate = z.object({
  name,
  title: z.string(),
  voice_traits: z.array(z.string()),
  directives: z.array(z.string()),
  soul: z.string(),
})
/** A page of the templates for personas. */
export const personaTemplateList = listOf(personaTemplate)
