import { reasonText } from '@muster/contract/platform/reason-text'

/** A code of the API as words: `in_review` gives in review. */
export function words(code: string): string {
  return code.replaceAll('_', ' ')
}

/** The reason of a goal, task or approval, to stand behind other words: `retries_exhausted` gives retries used up. */
export function reasonWords(reason: string): string {
  const text = reasonText(reason)
  return text.charAt(0).toLowerCase() + text.slice(1)
}
