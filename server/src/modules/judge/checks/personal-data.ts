/** The check `personal_data`: personal data of a recognisable form, with its check digits where it has any. */
import { foldedText } from '@muster/contract/texts/comparison'
import type { Check, Evidence } from './checks.types.ts'
import { isCard, isIban, isNationalId, isPhone } from './personal-numbers.ts'
import { has } from './prefilter.ts'
import { evidenceAt, textsAt } from './texts.ts'

export type PersonalKind = 'email' | 'phone' | 'card' | 'iban' | 'national_id' | 'ip_address'

interface Detector {
  readonly kind: PersonalKind
  /** Bits of `has` of which one must hold; 0: always tried. */
  readonly needs: number
  find(text: string): readonly (readonly [number, number])[]
}

/** Linear: repetitions are bounded or begin at a boundary that they cannot contain. */
const detectors: readonly Detector[] = [
  { kind: 'email', needs: has.at, find: findEmails },
  { kind: 'phone', needs: has.plus, find: (text) => spans(text, internationalPhone, isPhone) },
  { kind: 'phone', needs: has.long_number, find: (text) => spans(text, americanPhone, isPhone) },
  { kind: 'phone', needs: has.digits, find: (text) => (phoneWord.test(text) ? spans(text, namedPhone, isPhone) : []) },
  { kind: 'card', needs: has.long_number, find: (text) => spans(text, cardForm, isCard) },
  { kind: 'iban', needs: has.iban, find: (text) => spans(text, ibanForm, isIban) },
  { kind: 'national_id', needs: has.long_number, find: (text) => spans(text, nationalIdForm, isNationalId) },
  { kind: 'ip_address', needs: 0, find: (text) => spans(text, ipForm, isPublicAddress) },
]
const defaultKinds: readonly PersonalKind[] = ['email', 'phone', 'card', 'iban', 'national_id']

/** `\b` comes first: it fails at once inside a number, where a look-behind would be tried at every digit. */
const internationalPhone = /\+(?<![\w+.-]\+)[1-9]\d{0,3}(?:[ .()/-]{0,2}\d){6,13}(?![\w-])/g
const americanPhone = /(?:\((?<![\w.(-]\()[2-9]\d\d\) ?|\b(?<![.(-])[2-9]\d\d[-.])[2-9]\d\d[-.]\d{4}(?![\w-]|\.\d)/g
const phoneWord = /\b(?:tel|phone|mobil|fax|call)/i
const namedPhone =
  /\b(?:tel|phone|telephone|mobile|fax|call|telefon|mobil)\b[.:]{0,2} {0,3}(?:us at |on |at |no\. ?|number )?(?<number>\(?0\d{1,5}\)?(?:[ /-]{0,2}\d){5,10})(?![\w-])/gi
const cardForm = /\b(?<![.+-])(?:\d{4}([ -])\d{4}\1\d{4}\1\d{1,7}|3\d{3}([ -])\d{6}\2\d{5}|\d{13,19})(?![\w-]|\.\d)/g
const ibanForm = /\b[A-Z]{2}\d{2}(?: ?[0-9A-Z]{4}){2,7}(?: ?[0-9A-Z]{1,3})?(?![0-9A-Za-z])/g
const nationalIdForm = /\b(?<![.-])\d{3}-\d{2}-\d{4}(?![\w-]|\.\d)/g
const ipForm = /\b(?<![.-])(?:\d{1,3}\.){3}\d{1,3}(?![\w-]|\.\d)/g
const evidence_max = 20

export const personalData: Check = ({ texts, params }) => {
  const kinds = Array.isArray(params.kinds) ? params.kinds : defaultKinds
  const allowedTexts = new Set(
    Array.isArray(params.allow) ? params.allow.map((value) => foldedText(String(value))) : [],
  )
  const activeDetectors = detectors.filter(({ kind }) => kinds.includes(kind))
  const evidence: Evidence[] = []
  const kindsFound = new Set<string>()
  for (const one of textsAt(texts, params.path)) {
    if (one.text.length < 6) continue
    for (const { kind, needs, find } of activeDetectors) {
      if ((needs !== 0 && !(one.flags & needs)) || evidence.length >= evidence_max) continue
      for (const [start, end] of find(one.text)) {
        if (allowedTexts.has(foldedText(one.text.slice(start, end)))) continue
        kindsFound.add(kind)
        if (evidence.length < evidence_max) evidence.push(evidenceAt(one, start, end))
      }
    }
  }
  if (kindsFound.size === 0) return { failed: 0, of: 1, evidence }
  return { failed: 1, of: 1, evidence, message: `contains personal data: ${[...kindsFound].join(', ')}` }
}

function spans(
  text: string,
  pattern: RegExp,
  holds: (match: string, text: string, at: number) => boolean,
): readonly (readonly [number, number])[] {
  return [...text.matchAll(pattern)].flatMap((match) => {
    const number = match.groups?.number ?? match[0]
    const at = match.index + match[0].length - number.length
    return holds(number, text, at) ? [[at, at + number.length] as const] : []
  })
}

/** From each `@` outwards, at most as far as RFC 5321 lets an address reach. */
function findEmails(text: string): readonly (readonly [number, number])[] {
  const emailSpans: (readonly [number, number])[] = []
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    const before = /[0-9A-Za-z_%+-](?:[0-9A-Za-z._%+-]{0,63})$/.exec(text.slice(Math.max(0, at - 64), at))?.[0]
    const after = /^(?:[0-9A-Za-z](?:[0-9A-Za-z-]{0,61}[0-9A-Za-z])?\.){1,8}[A-Za-z]{2,24}(?![0-9A-Za-z_-])/.exec(
      text.slice(at + 1, at + 256),
    )?.[0]
    if (before && after) emailSpans.push([at - before.length, at + 1 + after.length])
  }
  return emailSpans
}

function isPublicAddress(match: string): boolean {
  const parts = match.split('.').map(Number)
  const [first = 0, second = 0] = parts
  if (parts.some((part) => part > 255) || first === 0 || first === 127 || first >= 224) return false
  return !(first === 10 || (first === 192 && second === 168) || (first === 172 && second >= 16 && second <= 31))
}
