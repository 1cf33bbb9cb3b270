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

describe('what has no JSON', () => {
  it.each([
    ['a: !!binary aGk=', 'the tag !!binary has no JSON (line 1)'],
    ['s: 1\nt: !!set { x, y }', 'the tag !!set has no JSON (line 2)'],
    ['d: !!timestamp 2026-01-01', 'the tag !!timestamp has no JSON (line 1)'],
    ['d: !!omap [a: 1]', 'the tag !!omap has no JSON (line 1)'],
    ['a:\n  b:\n    - !env HOME', 'the tag !env has no JSON (line 3)'],
    ['a: .nan', '.nan is no number of JSON (line 1)'],
    ['a: -.inf', '-.inf is no number of JSON (line 1)'],
    [
      'a: 1\nid: 9107385562314477123',
      'the integer 9107385562314477123 is beyond 2^53 and would be rounded; write it in quotes (line 2)',
    ],
  ])('is refused with its line: %s', (text, problem) => {
    expect(read(text)).toEqual({ problem })
  })

  it('is nothing that JSON has', () => {
    const text =
      's: !!str 1\ni: !!int "2"\nm: !!map {a: 1}\nl: !!seq [1]\nq: "9107385562314477123"\nb: 9007199254740992\nd: 2026-01-01\nn: ! x'
    expect(read(text)).toEqual({
      value: {
        s: '1',
        i: 2,
        m: { a: 1 },
        l: [1],
        q: '9107385562314477123',
        b: 9007199254740992,
        d: '2026-01-01',
        n: 'x',
      },
    })
  })
})

describe('merge keys', () => {
  it.each([
    ['a: &in { x: 1 }\nb:\n  <<: *in\n  y: 2', { a: { x: 1 }, b: { x: 1, y: 2 } }],
    ['a: &in { x: 1, y: 1 }\nb:\n  y: 2\n  <<: *in', { a: { x: 1, y: 1 }, b: { x: 1, y: 2 } }],
    [
      'a: &p { x: 1 }\nb: &q { x: 2, z: 3 }\nc: { <<: [*p, *q] }',
      { a: { x: 1 }, b: { x: 2, z: 3 }, c: { x: 1, z: 3 } },
    ],
    ['a: &p { x: 1 }\nb: &q { <<: *p }\nc: { <<: *q }', { a: { x: 1 }, b: { x: 1 }, c: { x: 1 } }],
    ['"<<": 1', { '<<': 1 }],
  ])('are merged in %j', (text, value) => {
    expect(read(text)).toEqual({ value })
  })

  it.each(['a: { <<: 1 }', 'a: { <<: [1] }', 'a: &l [1]\nb: { <<: [*l] }'])('take maps alone: %j', (text) => {
    expect(read(text)).toMatchObject({ problem: expect.stringMatching(/^the merge key << takes a map/) })
  })
})
