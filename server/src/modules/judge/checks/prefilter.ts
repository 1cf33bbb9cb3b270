/**
 * A cheap scan of a text that decides which detectors can find anything in it: nearly all outputs are harmless, and
 * most of a check's time would go into finding nothing.
 */

export const has = {
  at: 1,
  plus: 2,
  /** A group of at least three digits. */
  digits: 4,
  /** At least nine digits with nothing but separators among them: any number of a person. */
  long_number: 256,
  /** A run of at least 16 letters, digits and `_-./+=`: nothing shorter is a secret by its form. */
  token: 8,
  /** `:` or `=`, as in assignments. */
  assignment: 16,
  colon: 32,
  /** Two capital letters and two digits, as IBANs begin. */
  iban: 64,
  /** `---`, as PEM begins. */
  dashes: 128,
} as const

const flagOf = new Uint8Array(128)
flagOf[0x40] = has.at
flagOf[0x2b] = has.plus
flagOf[0x3d] = has.assignment
flagOf[0x3a] = has.assignment | has.colon

/** 1 digit, 2 capital, 4 small letter, 8 what else tokens hold. */
const classOf = new Uint8Array(128)
for (let code = 48; code <= 57; code++) classOf[code] = 1
for (let code = 65; code <= 90; code++) classOf[code] = 2
for (let code = 97; code <= 122; code++) classOf[code] = 4
for (const sign of '_-./+=') classOf[sign.charCodeAt(0)] = 8

/** The bits of `has` that hold for the text. */
export function scan(text: string): number {
  let flags = 0
  let run = 0
  let runKinds = 0
  let digits = 0
  let capitals = 0
  let dashes = 0
  let number = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    const kind = code < 128 ? (classOf[code] ?? 0) : 0
    if (code < 128) flags |= flagOf[code] ?? 0
    if (kind === 0) {
      if (code !== 32 && code !== 40 && code !== 41) number = 0
      run = 0
      runKinds = 0
      digits = 0
      capitals = 0
      dashes = 0
      continue
    }
    run++
    runKinds |= kind
    // A token of letters alone, all small or all capital, is a word or padding.
    if (run >= 16 && (runKinds & 9 || runKinds === 6)) flags |= has.token
    if (kind === 1) {
      digits++
      if (++number >= 9) flags |= has.long_number
      if (digits >= 2 && capitals >= 2) flags |= has.iban
      if (digits >= 3) flags |= has.digits
    } else {
      if (kind !== 8 || code === 61 || code === 95) number = 0
      digits = 0
      capitals = kind === 2 ? capitals + 1 : 0
    }
    dashes = code === 45 ? dashes + 1 : 0
    if (dashes >= 3) flags |= has.dashes
  }
  return flags
}
