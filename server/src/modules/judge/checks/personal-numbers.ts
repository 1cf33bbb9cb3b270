/** Tests that distinguish personal numbers from other numbers. */

/** E.164 has 8 to 15 digits; without separators fewer than ten are more likely a signed number. */
export function isPhone(match: string): boolean {
  const digits = match.replace(/\D/g, '')
  if (digits.length < 8 || digits.length > 15 || /^(\d)\1*$/.test(digits)) return false
  return digits.length >= 10 || /[ ()./-]/.test(match)
}

/** An issuer's range (ISO/IEC 7812) and the check digit of Luhn; digits beside other numbers are a table, not a card. */
export function isCard(match: string, text: string, at: number): boolean {
  const digits = match.replace(/\D/g, '')
  if (!hasIssuer(digits) || !luhn(digits)) return false
  const before = text.slice(Math.max(0, at - 24), at)
  const after = text.slice(at + match.length, at + match.length + 8)
  return !/\d[\s,;|]{1,3}$/.test(before) && !/^[\s,;|]{1,3}\d/.test(after)
}

function hasIssuer(digits: string): boolean {
  const four = Number(digits.slice(0, 4))
  const two = Math.floor(four / 100)
  if (digits.startsWith('4')) return digits.length === 13 || digits.length === 16 || digits.length === 19
  if (two === 34 || two === 37) return digits.length === 15
  if ((two >= 51 && two <= 55) || (four >= 2221 && four <= 2720)) return digits.length === 16
  if (four === 6011 || two === 65 || (four >= 3528 && four <= 3589)) return digits.length >= 16
  return (two === 36 || two === 38 || two === 30) && digits.length === 14
}

export function luhn(digits: string): boolean {
  let sum = 0
  for (let index = 0; index < digits.length; index++) {
    const digit = digits.charCodeAt(digits.length - 1 - index) - 48
    const doubledDigit = index % 2 === 1 ? digit * 2 : digit
    sum += doubledDigit > 9 ? doubledDigit - 9 : doubledDigit
  }
  return digits.length > 0 && sum % 10 === 0
}

/** Lengths by country, from the IBAN registry of ISO 13616. */
const ibanLengths: Readonly<Record<string, number>> = {
  AD: 24,
  AE: 23,
  AL: 28,
  AT: 20,
  AZ: 28,
  BA: 20,
  BE: 16,
  BG: 22,
  BH: 22,
  BR: 29,
  CH: 21,
  CR: 22,
  CY: 28,
  CZ: 24,
  DE: 22,
  DK: 18,
  DO: 28,
  EE: 20,
  EG: 29,
  ES: 24,
  FI: 18,
  FO: 18,
  FR: 27,
  GB: 22,
  GE: 22,
  GI: 23,
  GL: 18,
  GR: 27,
  GT: 28,
  HR: 21,
  HU: 28,
  IE: 22,
  IL: 23,
  IS: 26,
  IT: 27,
  JO: 30,
  KW: 30,
  KZ: 20,
  LB: 28,
  LI: 21,
  LT: 20,
  LU: 20,
  LV: 21,
  MC: 27,
  MD: 24,
  ME: 22,
  MK: 19,
  MR: 27,
  MT: 31,
  MU: 30,
  NL: 18,
  NO: 15,
  PK: 24,
  PL: 28,
  PS: 29,
  PT: 25,
  QA: 29,
  RO: 24,
  RS: 22,
  SA: 24,
  SE: 24,
  SI: 19,
  SK: 24,
  SM: 27,
  TN: 24,
  TR: 26,
  UA: 29,
  VG: 24,
  XK: 20,
}

/** Right length for its country, and 1 modulo 97 (ISO 7064). */
export function isIban(match: string): boolean {
  const plain = match.replaceAll(' ', '')
  if (ibanLengths[plain.slice(0, 2)] !== plain.length) return false
  let rest = 0
  for (const character of plain.slice(4) + plain.slice(0, 4)) {
    const value = Number.parseInt(character, 36)
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97
  }
  return rest === 1
}

/** The numbers that the US Social Security Administration gives out. */
export function isNationalId(match: string): boolean {
  const [area = '', group = '', serial = ''] = match.split('-')
  return area !== '000' && area !== '666' && area < '900' && group !== '00' && serial !== '0000'
}
