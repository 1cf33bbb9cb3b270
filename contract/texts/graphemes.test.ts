import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cutPlace, cutText, shortText } from './graphemes.ts'

const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' })

describe('a text that is cut', () => {
  it.each([
    ['a😀😀', 2, 'a'],
    ['ab👨‍👩‍👧‍👦c', 8, 'ab'],
    ['xe\u0301y', 2, 'x'],
    ['नमस्ते', 5, 'नम'],
    ['a🇩🇪🇫🇷', 7, 'a🇩🇪'],
    ['a\r\nb', 2, 'a'],
    ['plain', 3, 'pla'],
    ['plain', 9, 'plain'],
  ])('%j at %i ends behind a whole character', (text, units_max, cut) => {
    expect(cutText(text, units_max)).toBe(cut)
  })

  it('has an ellipsis that counts', () => {
    expect(shortText('a word and more', 8)).toBe('a word…')
    expect(shortText('short', 5)).toBe('short')
  })

  it('ends where ICU ends a character, never between surrogates, and never beyond the limit', () => {
    const piece = fc.constantFrom(
      'a',
      ' ',
      'é',
      'e\u0301',
      '😀',
      '👍🏽',
      '👨‍👩‍👧‍👦',
      'क्षि',
      'ก็',
      '한',
      '\r\n',
      '🇩🇪',
      '漢',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), fc.nat(120), (pieces, at) => {
        const text = pieces.join('')
        const place = cutPlace(text, at)
        expect(place).toBeLessThanOrEqual(Math.min(at, text.length))
        const places = [...segmenter.segment(text)].map(({ index }) => index)
        expect([...places, text.length]).toContain(place)
        expect(place).toBe([...places, text.length].filter((some) => some <= at).at(-1))
      }),
      { numRuns: 500 },
    )
  })

  it('is cut between code points where one character is endless', () => {
    expect(cutText(`e${'\u0301'.repeat(10_000)}`, 5000)).toHaveLength(5000)
  })
})
