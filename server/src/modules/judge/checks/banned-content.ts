/** Words and patterns that a project does not want to see. */
import { RE2JS } from 're2js'
import { compileUserPattern, findAll } from '../../../platform/json/user-patterns.ts'
import type { Check, Evidence } from './checks.types.ts'
import { evidenceAt, textsAt } from './texts.ts'

const evidence_max = 20

/** Each word and each pattern is one of `of`; a pattern that RE2 cannot read counts as failed, and the message says so. */
export const bannedContent: Check = ({ texts, params }) => {
  const words = strings(params.words)
  const patterns = strings(params.patterns)
  const evidence: Evidence[] = []
  const broken: string[] = []
  const looked = textsAt(texts, params.path)
  for (const [source, pattern] of [
    ...words.map((word) => [word, wordPattern(word)] as const),
    ...patterns.map((source) => [source, source] as const),
  ]) {
    const compiled = compileUserPattern(pattern)
    if (!compiled) broken.push(`cannot read the pattern ${source}`)
    else {
      const found = looked.flatMap((one) =>
        findAll(compiled, one.text, evidence_max).map(([start, end]) => evidenceAt(one, start, end)),
      )
      if (found.length > 0) broken.push(`holds “${source}”`)
      evidence.push(...found.slice(0, evidence_max - evidence.length))
    }
  }
  const message = broken.slice(0, 10).join('; ')
  return { failed: broken.length, of: words.length + patterns.length, evidence, ...(message !== '' && { message }) }
}

/** A whole word or phrase, without case; a boundary is only asked for where the word begins or ends with a letter or digit. */
export function wordPattern(word: string): string {
  const begin = /^[\p{L}\p{N}]/u.test(word) ? '(?:^|[^\\pL\\pN])' : ''
  const end = /[\p{L}\p{N}]$/u.test(word) ? '(?:$|[^\\pL\\pN])' : ''
  const inner = word
    .trim()
    .split(/\s+/)
    .map((part) => RE2JS.quote(part))
    .join('\\s+')
  return `(?i)${begin}${inner}${end}`
}

function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}
