/** Sentences and keywords in scripts with marks, and in those without spaces. */
import { expect, it } from 'vitest'
import { compilePhrases } from './phrases.ts'
import { rake } from './rake.ts'
import { sentencesOf } from './sentences.ts'
import { likenessKey } from './words.ts'

it.each([
  ['hindi', ['पानी का शुल्क अप्रैल से बढ़ेगा।', 'नया शुल्क दो सौ रुपये है।']],
  ['urdu', ['میوزیم جون میں کھلے گا۔', 'ٹکٹ سستا ہے۔']],
  ['arabic', ['هل يفتح المتحف؟', 'نعم، في يونيو.']],
  ['japanese', ['「東京。」', '博物館は開きます。']],
  ['chinese', ['博物馆六月开放！', '门票九元。']],
  ['armenian', ['Թանգարանը բացվում է։', 'Տոմսը էժան է։']],
  ['burmese', ['ပြတိုက်ဖွင့်သည်။', 'လက်မှတ်ဈေးပေါသည်။']],
  ['amharic', ['ሙዚየሙ ይከፈታል።', 'ትኬቱ ርካሽ ነው።']],
])('sentences end where they end in %s', (_language, sentences) => {
  for (const separator of [' ', '']) {
    // A full stop of Latin script needs a space behind it.
    if (separator === '' && sentences.some((sentence) => sentence.endsWith('.'))) continue
    const text = sentences.join(separator)
    expect(sentencesOf(text).map(([start, end]) => text.slice(start, end))).toEqual(sentences)
  }
})

it('keywords have whole words, and are the same composed or not', () => {
  const german = ['Die Bäckerei Müller öffnet früher.', 'Größere Öfen für die Bäckerei Müller kommen.']
  const phrases = (texts: readonly string[]) => rake(texts, 5).map(({ phrase }) => phrase)
  expect(phrases(german.map((text) => text.normalize('NFD')))).toEqual(phrases(german))
  expect(phrases(german)).toContain('größere öfen')
  expect(phrases(['नया शुल्क दो सौ रुपये है।'])).toContain('नया शुल्क')
  expect(phrases(['東京の博物館は六月に開きます。'])).toContain('博物館')
})

it('the same sentence has one key, composed or not', () => {
  const sentence = 'Größere Öfen für die Bäckerei.'
  expect(likenessKey(sentence.normalize('NFD'))).toBe(likenessKey(sentence))
})

it('phrases are found however their letters were typed, with their places in the text', () => {
  const text = 'Im Cafe\u0301 und im CAFÉ.'
  const places = compilePhrases(['café']).find(text, 10).get(0) ?? []
  expect(places.map(([start, end]) => text.slice(start, end))).toEqual(['Cafe\u0301', 'CAFÉ'])
})
