import { limits } from '@muster/contract/limits'

/** A text that stands as data in a prompt: nothing in it can pretend to end the data around it. */
function dataText(text: string): string {
  return text.replaceAll(/<\/(?=data)/gi, '<\\/')
}

/** The same, cut where it is too long to be read. */
export function cutDataText(text: string): string {
  const safe = dataText(text)
  const { prompt_value_characters_max: max } = limits
  return safe.length > max ? `${safe.slice(0, max)}\n… (${safe.length - max} more characters were left out)` : safe
}

/** Data between its marks. */
export function markedData(text: string): string {
  return `<data>\n${dataText(text)}\n</data>`
}
