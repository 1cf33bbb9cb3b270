import { describe, expect, it } from 'vitest'
import { columnsOf, oneLine, padded, rowsOf, sizeOf, truncate } from './terminal-text.ts'

describe('columns of a terminal', () => {
  it.each([
    ['plain', 5],
    ['日本語', 6],
    ['한국어', 6],
    ['क्षत्रिय'.normalize('NFD'), columnsOf('क्षत्रिय')],
    ['e\u0301', 1],
    ['👩‍👩‍👧', 2],
    ['🇩🇪', 2],
    ['\u200b', 0],
  ])('of %j are counted', (text, columns) => {
    expect(columnsOf(text)).toBe(columns)
  })

  it.each([
    ['日本語の題', 5, '日本…'],
    ['日本語の題', 10, '日本語の題'],
    ['日本語の題', 9, '日本語の…'],
    ['👩‍👩‍👧👩‍👩‍👧', 3, '👩‍👩‍👧…'],
    ['cafe\u0301s', 5, 'cafe\u0301s'],
    ['cafe\u0301s', 4, 'caf…'],
    ['abc', 0, ''],
  ])('%j cut to %i is %j', (text, columns, wanted) => {
    expect(truncate(text, columns)).toBe(wanted)
    expect(columnsOf(truncate(text, columns))).toBeLessThanOrEqual(columns)
  })

  it('fills up by columns, not by characters', () => {
    expect(columnsOf(padded('日本', 6))).toBe(6)
    expect(padded('日本語', 4)).toBe('日本語')
  })

  it('counts the rows of a line, where a wide character never stands across two', () => {
    expect(rowsOf('', 10)).toBe(1)
    expect(rowsOf('a'.repeat(10), 10)).toBe(1)
    expect(rowsOf('a'.repeat(11), 10)).toBe(2)
    // Seven columns hold three wide characters.
    expect(rowsOf('日'.repeat(6), 7)).toBe(2)
    expect(rowsOf('日'.repeat(7), 7)).toBe(3)
  })

  it('takes a size of 0 for one that is not known', () => {
    expect(sizeOf({ columns: 0, rows: 0 })).toEqual({ columns: 80, rows: 24 })
    expect(sizeOf({})).toEqual({ columns: 80, rows: 24 })
    expect(sizeOf({ columns: 33, rows: 5 })).toEqual({ columns: 33, rows: 5 })
  })

  it('lets no title turn the text around it', () => {
    expect(oneLine('safe \u202egnp.exe\u2066')).toBe('safe gnp.exe')
  })
})
