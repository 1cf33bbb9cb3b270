/** Splits texts into words, knows stop words, and makes keys by which near-identical sentences are found. */

import { wordsIn } from '@muster/contract/texts/boundaries'

/** Common English function words, and the commonest of German and French, so that mixed folders work too. */
const stopWords = new Set(
  `a about above after again against all also although always am among an and another any anyone anything are around as
  at away back be became because become been before behind being below between both but by came can cannot come could did
  do does doing done down during each either else ever every everything few first for from further get gets give given go
  goes going got had has have having he her here hers herself him himself his how however i if in instead into is it its
  itself just keep kept last later least less let like made make makes many may me might mine more most much must my
  myself near need needs neither never next no none nor not nothing now of off often on once one only onto or other others
  our ours ourselves out over own per perhaps put quite rather really said same say says see seen several shall she should
  since so some someone something still such than that the their theirs them themselves then there therefore these they
  thing things this those though through throughout thus to together too took toward towards two under until up upon us
  use used uses using very via was way we well were what whatever when where whether which while who whole whom whose why
  will with within without would yet you your yours yourself
  der die das den dem des ein eine einer eines einem einen und oder aber nicht mit von zu zum zur im in auf für ist sind
  war waren wird werden als auch es sich bei nach aus um an am wie dass
  le la les un une des du et ou mais ne pas avec de au aux en dans sur pour est sont était par que qui ce cette ces se
  и в во не на с со что как а но он она они по из за к от до для это то же был была были быть или у о об
  का की के को में से पर और है हैं था थी थे ने यह वह एक भी कि नहीं तो ही इस उस लिए
  في من على إلى عن أن إن هذا هذه التي الذي ما لا مع كان كانت هو هي و
  של את על עם זה זו הוא היא אל לא כי גם או
  です ます する した から まで こと これ それ ため ある いる なる ない
  我们 你们 他们 这个 那个 一个 没有 因为 所以 但是 以及 可以 ที่ และ ใน ของ เป็น ได้ ให้ จะ ไม่ มี`.split(/\s+/),
)

/** Lower-case words in order, composed (NFC). Words over 64 characters are no words. */
export function wordsOf(text: string): readonly string[] {
  return wordsIn(text)
    .filter((term) => term.length <= 64)
    .map((term) => term.toLowerCase())
}

export function isStopWord(term: string): boolean {
  return stopWords.has(term)
}

/** The words that carry content, plurals folded onto their singular. */
export function contentWords(text: string): readonly string[] {
  return wordsOf(text)
    .filter((term) => !stopWords.has(term) && (term.length > 1 || /\d/.test(term)))
    .map(singular)
}

/** A light stemmer in the manner of Harman's S-stemmer (1991): only English plurals. */
export function singular(term: string): string {
  if (term.length < 4 || !term.endsWith('s') || term.endsWith('ss') || term.endsWith('us')) return term
  if (term.endsWith('ies')) return `${term.slice(0, -3)}y`
  return term.slice(0, -1)
}

/**
 * Sentences with the same key are near-identical: the same content words, whatever their case, order, punctuation,
 * white space and function words. Without content words the normalised text itself is the key.
 */
export function likenessKey(text: string): string {
  const words = contentWords(text.normalize('NFKC'))
  if (words.length > 2) return [...new Set(words)].sort().join(' ')
  return `=${wordsOf(text.normalize('NFKC')).join(' ') || text.replace(/\s+/g, ' ').trim()}`
}
