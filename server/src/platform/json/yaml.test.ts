import { describe, expect, it } from 'vitest'
import { parseYaml } from './yaml.ts'

const read = (text: string) => parseYaml(text, { characters_max: 100_000, depth_max: 64 })
const ninefold = (name: string) => `[${Array(9).fill(`*${name}`).join(', ')}]`

describe('YAML', () => {
  it('becomes JSON', () => {
    expect(read('a: &x [1, {b: "t"}]\nc: *x\n~: null\n2: yes\n')).toEqual({
      value: { a: [1, { b: 't' }], c: [1, { b: 't' }], '': null, '2': 'yes' },
    })
    expect(read('')).toEqual({ value: null })
    expect(read('{"a": 1}')).toEqual({ value: { a: 1 } })
  })

  it.each([
    ['a key that is used twice', 'a: 1\nb: 2\na: 3', 'is used twice'],
    ['a key that is a list', '? [a]\n: 1', 'a key is a list'],
    ['an alias of nothing', 'a: *b', 'Unresolved alias|has no anchor'],
    ['an alias of itself', 'a: &a [*a]', 'refers to itself'],
    ['two documents', '--- a\n--- b', 'more than one document'],
    ['what is none', 'a: 1\nb: [', 'line 2'],
    [
      'aliases that unfold',
      `a: &a [x]\nb: &b ${ninefold('a')}\nc: &c ${ninefold('b')}\nd: &d ${ninefold('c')}\ne: &e ${ninefold('d')}\nf: ${ninefold('e')}`,
      'more than 100000 characters',
    ],
    [
      'long texts under aliases',
      `a: &a ${'x'.repeat(2000)}\nb: [${Array(60).fill('*a').join(', ')}]`,
      'more than 100000 characters',
    ],
    ['lists in lists', '- '.repeat(50_000), 'nested deeper than 64'],
    ['keys in keys', '? '.repeat(50_000), 'nested deeper than 64'],
    ['brackets in brackets', '['.repeat(50_000), 'nested deeper than 64'],
    ['maps in maps', Array.from({ length: 80 }, (_, at) => `${' '.repeat(at)}a:`).join('\n'), 'nested deeper than 64'],
  ])('is refused with %s', (_what, text, problem) => {
    expect(read(text)).toEqual({ problem: expect.stringMatching(problem) })
  })
})
