/** The check `length`: characters (code points) and words of all the output's texts, or of those at `path`. */
import type { Check } from './checks.types.ts'
import { textsAt } from './texts.ts'

export const length: Check = ({ texts, params }) => {
  const limits = [
    limitOf(params.characters_min, 'min', 'characters'),
    limitOf(params.characters_max, 'max', 'characters'),
    limitOf(params.words_min, 'min', 'words'),
    limitOf(params.words_max, 'max', 'words'),
  ].filter((limit) => limit !== null)
  if (limits.length === 0) return { failed: 0, of: 0, evidence: [] }
  const checkedTexts = textsAt(texts, params.path)
  const counts = {
    characters: checkedTexts.reduce((sum, { text }) => sum + codePoints(text), 0),
    words: limits.some(({ unit }) => unit === 'words')
      ? checkedTexts.reduce((sum, { text }) => sum + words(text), 0)
      : 0,
  }
  const brokenLimits = limits.filter(({ value, end, unit }) =>
    end === 'min' ? counts[unit] < value : counts[unit] > value,
  )
  const message = brokenLimits
    .map(({ value, end, unit }) => `${counts[unit]} ${unit}, ${end === 'min' ? 'minimum' : 'maximum'} ${value}`)
    .join('; ')
  return { failed: brokenLimits.length, of: limits.length, evidence: [], ...(message !== '' && { message }) }
}

interface Limit {
  readonly value: number
  readonly end: 'min' | 'max'
  readonly unit: 'characters' | 'words'
}

function limitOf(value: unknown, end: Limit['end'], unit: Limit['unit']): Limit | null {
  return typeof value === 'number' ? { value, end, unit } : null
}

function codePoints(text: string): number {
  let count = text.length
  for (let at = 0; at < text.length; at++) if ((text.charCodeAt(at) & 0xfc00) === 0xdc00) count--
  return count
}

function words(text: string): number {
  return text.match(/\S+/g)?.length ?? 0
}
