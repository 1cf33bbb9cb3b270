import { stripVTControlCharacters } from 'node:util'
import { cutText } from '@muster/contract/texts/graphemes'

/** What secrets are replaced by. */
const mask = '[masked]'
/** Shorter secrets would mask ordinary text. */
const secret_characters_min = 8

const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g
/** A quick test, since most lines need no cleaning. */
const suspect = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ud800-\udfff]/

/**
 * Cleans a program's output for storing and showing: no escape sequences, no control characters but the tab, no lone
 * surrogates (the database takes neither), and none of the secrets that it was given. An encoded secret gets past this;
 * the key of a run is worthless once the run has ended.
 */
export function createCleaner(secrets: readonly string[]): (line: string) => string {
  const hidden = secrets.filter((secret) => secret.length >= secret_characters_min)
  return (line) => {
    const plain = suspect.test(line) ? wellFormed(stripVTControlCharacters(line)).replace(controls, '') : line
    return hidden.reduce((text, secret) => text.replaceAll(secret, mask), plain)
  }
}

/** The same for a text of many lines. */
export function cleanText(text: string, clean: (line: string) => string): string {
  return text.split('\n').map(clean).join('\n')
}

/** Cuts a text to so many characters and says how many were left out. */
export function shorten(text: string, characters_max: number): string {
  if (text.length <= characters_max) return text
  const shown = cutText(text, characters_max)
  return `${wellFormed(shown)} … (${text.length - shown.length} more characters)`
}

function wellFormed(text: string): string {
  return text.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd')
}
