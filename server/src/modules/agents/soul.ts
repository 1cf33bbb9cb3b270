/** SOUL.md, the text of a persona: front matter between two lines of `---`, then the story in Markdown. */
import { limits } from '@muster/contract/limits'
import { isCleanText } from '@muster/contract/values'
import { parse } from 'yaml'
import { z } from 'zod'
import { invalid } from '../../platform/errors.ts'

/** YAML can spell what the text itself may not hold, and no database keeps. */
const clean = z
  .string()
  .trim()
  .min(1)
  .refine(isCleanText, { error: 'must not hold null characters or lone surrogates' })
const line = clean.max(limits.reason_bytes_max)
const list = z.array(line).max(limits.persona_list_max).default([])

const frontMatter = z.looseObject({
  id: z.string().max(limits.name_characters_max).optional(),
  name: clean.max(limits.name_characters_max),
  voice_traits: list,
  directives: list,
})

export interface Soul {
  readonly name: string
  readonly voice_traits: readonly string[]
  readonly directives: readonly string[]
  readonly story: string
}

/** Throws `invalid`, naming what is wrong in the text. */
export function readSoul(text: string): Soul {
  const parts = /^\uFEFF?---[ \t]*\r?\n(?<front>[\s\S]*?)\r?\n---[ \t]*(?:\r?\n(?<story>[\s\S]*))?$/.exec(text)?.groups
  if (!parts) throw invalid('soul', 'The persona must begin with front matter between two lines of ---.')
  const parsed = frontMatter.safeParse(yamlOf(parts.front ?? ''))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw invalid(`soul.${issue?.path.join('.') ?? ''}`, `The front matter: ${issue?.message ?? 'is not valid'}`)
  }
  const { name, voice_traits, directives } = parsed.data
  return { name, voice_traits, directives, story: (parts.story ?? '').trim() }
}

function yamlOf(text: string): unknown {
  try {
    // Aliases are bounded so that a small text cannot unfold into a large one.
    return parse(text, { maxAliasCount: 20 })
  } catch (error) {
    throw invalid('soul', `The front matter is not YAML: ${error instanceof Error ? error.message : 'unreadable'}`)
  }
}
