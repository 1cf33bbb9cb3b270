import { describe, expect, it } from 'vitest'
import { endsSentence, wordsIn } from './boundaries.ts'

const texts: Readonly<Record<string, string>> = {
  english: 'The museum opens in June, and it’s free for pupils.',
  french: 'Le musée ouvre en été, à côté du château.',
  german: 'Die Bäckerei öffnet früh; größere Öfen kommen im März.',
  russian: 'Музей открывается в июне, билет стоит двести рублей.',
  greek: 'Το μουσείο ανοίγει τον Ιούνιο.',
  hebrew: 'הַמּוּזֵיאוֹן נפתח ביוני.',
  arabic: 'يَفْتَحُ المُتْحَفُ في يونيو.',
  hindi: 'पानी का शुल्क अप्रैल से बढ़ेगा।',
  tamil: 'அருங்காட்சியகம் ஜூன் மாதத்தில் திறக்கும்.',
  thai: 'พิพิธภัณฑ์เปิดในเดือนมิถุนายน',
  japanese: '東京の博物館は六月に開きます。',
  chinese: '北京的博物馆六月开放。',
  korean: '박물관은 유월에 문을 엽니다.',
  persian: 'موزه را می‌خواهم.',
}

describe('words', () => {
  it.each(Object.entries(texts))('are those of ICU in %s, composed or not', (_language, text) => {
    const segments = [...new Intl.Segmenter('und', { granularity: 'word' }).segment(text)]
    const words = segments.filter(({ isWordLike }) => isWordLike).map(({ segment }) => segment.normalize('NFC'))
    expect(wordsIn(text)).toEqual(words)
    expect(wordsIn(text.normalize('NFD'))).toEqual(words)
  })

  it('are found in time that grows with the length of an endless run', () => {
    expect(wordsIn('漢字かな交じり文'.repeat(20_000)).length).toBeGreaterThan(20_000)
  })
})

it.each(['Ends.', 'Ends.”', 'है।', 'مرحبا؟', '終わり。」', 'Really?!'])('%s ends a sentence', (text) => {
  expect(endsSentence(text)).toBe(true)
})

it.each(['A heading', 'Also:', '', '”'])('%s ends none', (text) => {
  expect(endsSentence(text)).toBe(false)
})
