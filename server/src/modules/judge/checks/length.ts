/** The check `length`: characters (code points) and words of all the output's texts, or of those at `path`. */
import type { Check } from './checks.types.ts'
import { textsAt } from './texts.ts'

export const length: Check = ({ texts, params }) => {
  const limits = [
    bound(params.characters_min, 'min', 'characters'),
    bound(params.characters_max, 'max', 'characters'),
    bound(params.words_min, 'min', 'words'),
    bound(params.words_max, 'max', 'words'),
  ].filter((limit) => limit !== null)
  if (limits.length === 0) return { failed: 0, of: 0, evidence: [] }
  const counted = textsAt(texts, params.path)
  const counts = {
    characters: counted.reduce((sum, { text }) => sum + codePoints(text), 0),
    words: limits.some(({ unit }) => unit === 'words') ? counted.reduce((sum, { text }) => sum + words(text), 0) : 0,
  }
  const broken = limits.filter(({ value, end, unit }) => (end === 'min' ? counts[unit] < value : counts[unit] > value))
  const message = broken
    .map(({ value, end, unit }) => `${counts[unit]} ${unit}, ${end === 'min' ? 'minimum' : 'maximum'} ${value}`)
    .join('; ')
  return { failed: broken.length, of: limits.length, evidence: [], ...(message !== '' && { message }) }
}

interface Limit {
  readonly value: number
  readonly end: 'min' | 'max'
  readonly unit: 'characters' | 'words'
}

function bound(value: unknown, end: Limit['end'], unit: Limit['unit']): Limit | null {
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
