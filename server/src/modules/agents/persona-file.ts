/** Parses SOUL.md, the text of a persona: front matter between two lines of `---`, then the story in Markdown. */
import { limits } from '@muster/contract/limits'
import { isCleanText } from '@muster/contract/values'
import { z } from 'zod'
import { invalid } from '../../platform/errors.ts'
import { parseYaml } from '../../platform/json/yaml.ts'
import { boundedFunction } from '../../platform/threads/bounded-function.ts'

/** YAML escapes can spell characters that the database cannot store. */
const clean = z
  .string()
  .trim()
  .min(1)
  .refine(isCleanText, { error: 'must not contain null characters or lone surrogates' })
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

const yaml_ms_per_character = 0.005
const parse_results_max = 200
const parseResults = new Map<string, SoulParseResult>()

export type SoulParseResult = { readonly soul: Soul } | { readonly field: string; readonly problem: string }

/** The bounded function that parses a persona, or says what is wrong in its text. */
export const soulParser = boundedFunction({
  name: 'agents.soul',
  subject: 'The front matter of the persona',
  remedy: 'Shorten it.',
  time_ms: 2000,
  estimateMs: (text: string) => text.length * yaml_ms_per_character,
  run(text): SoulParseResult {
    const parts = partsOf(text)
    if (!parts) return { field: 'soul', problem: 'The persona must start with front matter between two --- lines.' }
    const yaml = parseYaml(parts.front, { characters_max: limits.persona_bytes_max, depth_max: limits.json_depth_max })
    if ('problem' in yaml) return { field: 'soul', problem: `Invalid front matter: ${yaml.problem}` }
    const frontMatterResult = frontMatter.safeParse(yaml.value)
    if (frontMatterResult.success) {
      const { name, voice_traits, directives } = frontMatterResult.data
      return { soul: { name, voice_traits, directives, story: parts.story.trim() } }
    }
    const [issue] = frontMatterResult.error.issues
    const problem = `Invalid front matter: ${issue?.message ?? 'is not valid'}`
    return { field: `soul.${issue?.path.join('.') ?? ''}`, problem }
  },
})

/** Parses a persona that was accepted before; cached, since runs and lists ask for the same ones. Throws `invalid`. */
export function readSoul(text: string): Soul {
  const result = parseResults.get(text) ?? soulParser.run(text)
  if (parseResults.size >= parse_results_max) parseResults.clear()
  parseResults.set(text, result)
  return soulOf(result)
}

/** Throws `invalid`, naming what is wrong in the text. */
export function soulOf(result: SoulParseResult): Soul {
  if ('soul' in result) return result.soul
  throw invalid(result.field, result.problem)
}

function partsOf(text: string): { readonly front: string; readonly story: string } | undefined {
  const openingMatch = /^\uFEFF?---[ \t]*\r?\n/.exec(text)
  if (!openingMatch) return undefined
  const closing = /\r?\n---[ \t]*(?:\r?\n|$)/g
  closing.lastIndex = openingMatch[0].length
  const closingMatch = closing.exec(text)
  if (!closingMatch) return undefined
  return {
    front: text.slice(openingMatch[0].length, closingMatch.index),
    story: text.slice(closingMatch.index + closingMatch[0].length),
  }
}
