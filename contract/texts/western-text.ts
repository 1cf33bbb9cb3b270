/** Tells a text that was written as Windows-1252 from one in another encoding that was read as it. */

/** The letters beyond ASCII of the languages that are written in Windows-1252. */
const languages = [
  'äöüß',
  'àâæçéèêëîïôœùûüÿ',
  'áéíñóúüºª',
  'áâãàçéêíóôõúüºª',
  'àèéìíîòóù',
  'àçèéíïòóúüñ',
  'áéèëïíóöúü',
  'åäöæøéüèôó',
  'äöåšž',
  'áðéíóúýþæö',
  'àáèéìíòóùúâêîôûŵŷ',
].map((letters) => new Set(letters))

/** Below this share of letters beyond ASCII the text is of a language with ASCII letters, and they are those of names. */
const names_share_max = 0.04
/** Over this share the text is of another script. */
const letters_share_max = 0.4

/** Whether a text that was read as Windows-1252 can have been written so, in a language of Western Europe. */
export function isPlausibleWesternText(text: string): boolean {
  // Undefined bytes, or a sign within a word: another encoding has a letter there.
  if (/[\u0080-\u009f]/.test(text) || /\p{L}[¡-©«-´¶-¹»-¿×÷ˆ˜†‡‰¤¦¨¬¯]\p{Ll}/u.test(text)) return false
  // Signs that nobody writes, where ISO 8859-15 has € and œ.
  if (/¤|(?<![\p{L}\d])[¼½][uié]\p{Ll}/iu.test(text)) return false
  const letters = text.toLowerCase().match(/\p{L}/gu) ?? []
  const beyond = letters.filter((letter) => letter > '\u007f')
  if (beyond.length <= 1 || beyond.length < letters.length * names_share_max) return true
  if (beyond.length > letters.length * letters_share_max && beyond.length > 4) return false
  return languages.some((language) => beyond.filter((letter) => language.has(letter)).length >= beyond.length * 0.95)
}
