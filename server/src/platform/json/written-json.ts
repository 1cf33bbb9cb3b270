import { parseJson } from '@muster/contract/platform/objects'
import type { Json } from '@muster/contract/values'

/** Where a fence opens; each white space is looked at once, however long its run. */
const fences = { whole: /^```(?:json)?[^\S\n]*\n/, end: /```(?:json)?[^\S\n]*\n/ }
const closingFence = '\n```'

/**
 * Reads JSON that a model wrote as its text, also between fences: around the `whole` text, or at its `end` after other
 * words. Undefined where there is none.
 */
export function writtenJson(text: string, form: keyof typeof fences): Json | undefined {
  try {
    return parseJson(betweenFences(text.trim(), fences[form]) ?? text)
  } catch {
    return undefined
  }
}

function betweenFences(text: string, openingFence: RegExp): string | undefined {
  const openingMatch = text.endsWith(closingFence) ? openingFence.exec(text) : null
  if (!openingMatch) return undefined
  const start = openingMatch.index + openingMatch[0].length
  const end = text.length - closingFence.length
  return start <= end ? text.slice(start, end) : undefined
}
