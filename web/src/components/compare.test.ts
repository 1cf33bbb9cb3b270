import { describe, expect, it } from 'vitest'
import { atPointer, compareValues } from './compare.ts'

describe('compareValues', () => {
  it('finds what came, went and changed, at JSON Pointers', () => {
    expect(compareValues({ a: 1, b: { c: 'x' }, gone: true }, { a: 1, b: { c: 'y' }, 'new/one': 2 })).toEqual([
      { op: 'remove', path: '/gone', before: true },
      { op: 'add', path: '/new~1one', after: 2 },
      { op: 'replace', path: '/b/c', before: 'x', after: 'y' },
    ])
  })

  it('takes a list for another thing than an object', () => {
    expect(compareValues([], {})).toEqual([{ op: 'replace', path: '', before: [], after: {} }])
  })

  it('gives nothing for equal values', () => {
    expect(compareValues({ a: [1, { b: null }] }, { a: [1, { b: null }] })).toEqual([])
  })
})

describe('atPointer', () => {
  it('follows escapes and list places', () => {
    expect(atPointer({ 'a/b': [0, { '~': 'found' }] }, '/a~1b/1/~0')).toBe('found')
    expect(atPointer({ a: 1 }, '/a/b')).toBeUndefined()
    expect(atPointer('whole', '')).toBe('whole')
  })
})
