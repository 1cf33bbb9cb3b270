import { stripVTControlCharacters } from 'node:util'

/** What secrets are replaced by. */
const mask = '[masked]'
/** Shorter ones would blot out ordinary text. */
const secret_characters_min = 8

const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g
/** Most lines hold nothing of the kind, and a program can write very many. */
const suspect = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ud800-\udfff]/

/**
 * Makes what a program wrote fit to be kept and shown: no escape sequences, no control characters beside the tab, no
 * halves of surrogate pairs (the database takes neither), and none of the secrets that it was given. A program that
 * encodes a secret gets it past this; the key of a run is worthless once the run has ended.
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

/** At most so many characters, with what was left out said. */
export function shorten(text: string, characters_max: number): string {
  if (text.length <= characters_max) return text
  return `${wellFormed(text.slice(0, characters_max))} … (${text.length - characters_max} more characters)`
}

function wellFormed(text: string): string {
  return text.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd')
}
