import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compilePhrases } from './phrases.ts'

const found = (phrases: readonly string[], text: string) => {
  const places = compilePhrases(phrases).find(text, 20)
  return phrases.map((_, index) => (places.get(index) ?? []).map(([start, end]) => text.slice(start, end)))
}

describe('phrases', () => {
  it('are found whole, without case, over any white space', () => {
    expect(found(['secret sauce', 'C++', 'café'], 'The Secret\n\t Sauce of c++; CAFÉ')).toEqual([
      ['Secret\n\t Sauce'],
      ['c++'],
      ['CAFÉ'],
    ])
    expect(found(['art', 'cat'], 'start a cat, concatenate, artful art')).toEqual([['art'], ['cat']])
  })

  it('are found where one is the end or the beginning of another', () => {
    expect(found(['new york', 'york', 'new york city', ''], 'in new york city')).toEqual([
      ['new york'],
      ['york'],
      ['new york city'],
      [],
    ])
  })

  it('are found where one by one search finds them', () => {
    const words = fc.array(fc.constantFrom('a', 'b', 'ab', 'ba'), { minLength: 1, maxLength: 3 })
    const phrase = words.map((parts) => parts.join(' '))
    const text = fc
      .array(fc.constantFrom('a', 'b', 'ab', 'ba', 'aba'), { maxLength: 20 })
      .map((parts) => parts.join(' '))
    fc.assert(
      fc.property(fc.array(phrase, { minLength: 1, maxLength: 5 }), text, (phrases, given) => {
        const expected = phrases.map(
          (one) => (` ${given} `.match(new RegExp(`(?<= )${one}(?= )`, 'g')) ?? []).length > 0,
        )
        expect(found(phrases, given).map((places) => places.length > 0)).toEqual(expected)
      }),
    )
  })
})
