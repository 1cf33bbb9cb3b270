import { expect, it } from 'vitest'
import { areSameNames, composed, foldedText } from './comparison.ts'

it.each([
  ['Café', 'Cafe\u0301'],
  ['STRASSE', 'straße'],
  ['ΟΔΟΣ', 'οδος'],
  ['Q̣̇', 'Q\u0307\u0323'],
  ['한글', '한글'.normalize('NFD')],
])('%s and %s are one name', (one, other) => {
  expect(areSameNames(one, other)).toBe(true)
  expect(foldedText(foldedText(one))).toBe(foldedText(one))
})

it('keeps different letters apart', () => {
  expect(areSameNames('Cafe', 'Café')).toBe(false)
  expect(composed('Cafe\u0301')).toBe('Café')
})
