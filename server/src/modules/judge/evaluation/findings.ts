/**
 * The judge's bounded function: runs all checks over a result. Most results are small and judged at once, the others in
 * a thread.
 */

import { misfitMs, sizeOfValue } from '../../../platform/json/schema-estimate.ts'
import { patternSize } from '../../../platform/json/user-patterns.ts'
import { type BoundedFunction, boundedFunction } from '../../../platform/threads/bounded-function.ts'
import type { ArtifactContent, ToolsPort } from '../../tools/tools.port.ts'
import type { CheckRule, Finding } from '../checks/checks.types.ts'
import { type Examination, runChecks } from '../checks/run-checks.ts'

export interface FindingsInput extends Omit<Examination, 'sources'> {
  readonly rules: readonly CheckRule[]
  /** The artifacts that the output cites, for grounding. */
  readonly contents: readonly (ArtifactContent & { readonly artifact_id: string })[]
}

export type FindingsFunction = BoundedFunction<FindingsInput, readonly Finding[]>

const time_ms = 10_000
const rule_ms_per_character = 0.0006
const node_ms = 0.001
const grounding_ms_per_character = 0.003
const phrase_ms_per_character = 0.001
const pattern_ms_per_instruction = 0.04
const match_ms_per_instruction = 0.0002

/** `textAt` reads the sources that an output cites. */
export function findingsFunction({ textAt }: Pick<ToolsPort, 'textAt'>): FindingsFunction {
  return boundedFunction({
    name: 'judge.findings',
    subject: 'Checking the output',
    remedy: 'Shorten the output or use fewer checks.',
    time_ms,
    estimateMs,
    // An artifact never changes.
    identityOf: ({ contents, ...rest }: FindingsInput) => ({ ...rest, ids: contents.map((one) => one.artifact_id) }),
    run({ rules, contents, ...examination }) {
      const sources = new Map(contents.map((content) => [content.artifact_id, textAt(content)]))
      return runChecks(rules, { ...examination, sources })
    },
  })
}

function estimateMs({ rules, output, output_schema, contents, topic_words = {} }: FindingsInput): number {
  if (rules.length === 0) return 0
  // The time of reading a source cannot be estimated from its size.
  if (contents.length > 0) return Number.POSITIVE_INFINITY
  const { characters, nodes } = sizeOfValue(output)
  const sharedMs = nodes * node_ms + wordsMs(Object.values(topic_words).flat(), characters)
  return rules.reduce((sum, rule) => sum + ruleMs(rule, { characters, output, output_schema }), sharedMs)
}

function ruleMs(
  { check, params = {} }: CheckRule,
  {
    characters,
    output,
    output_schema,
  }: { readonly characters: number } & Pick<FindingsInput, 'output' | 'output_schema'>,
): number {
  if (check === 'output_schema') return output_schema === undefined ? 0 : misfitMs(output_schema, output)
  if (check === 'grounding') return characters * grounding_ms_per_character
  const own = characters * rule_ms_per_character
  if (check !== 'banned_content') return own
  return own + wordsMs(params.words, characters) + patternsMs(params.patterns, characters)
}

/** The worst case: all words end at each character. */
function wordsMs(words: unknown, characters: number): number {
  if (!Array.isArray(words)) return 0
  const all = words.reduce<number>((sum, word) => sum + String(word).length, 0)
  return all * phrase_ms_per_character + (words.length > 0 ? characters * phrase_ms_per_character : 0)
}

function patternsMs(patterns: unknown, characters: number): number {
  if (!Array.isArray(patterns)) return 0
  const instructions = patterns.reduce<number>((sum, pattern) => sum + patternSize(String(pattern)), 0)
  return instructions * (pattern_ms_per_instruction + characters * match_ms_per_instruction)
}
