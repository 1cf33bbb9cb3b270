import { limits } from '@muster/contract/limits'
import { cutText } from '@muster/contract/texts/graphemes'

/** Escapes a text as data in a prompt, so that it cannot end the data around it. */
function dataText(text: string): string {
  return text.replaceAll(/<\/(?=data)/gi, '<\\/')
}

/** The same, cut where it is too long. */
export function cutDataText(text: string): string {
  const safe = dataText(text)
  const { prompt_value_characters_max: max } = limits
  return safe.length > max ? `${cutText(safe, max)}\n… (${safe.length - max} more characters were left out)` : safe
}

/** Data between its marks. */
export function markedData(text: string): string {
  return `<data>\n${dataText(text)}\n</data>`
}
