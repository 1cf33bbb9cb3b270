import { describe, expect, it } from 'vitest'
import { seededTree } from '../sources/seeded-tree.ts'
import { checkSizes } from './sizes.ts'

const lines = (count: number) => '  // one line\n'.repeat(count)

function problemsWith(path: string, content: string): string[] {
  using tree = seededTree({ [path]: content })
  return checkSizes(tree.root)
}

describe('check-sizes', () => {
  it('allows 400 lines in a file and names one with 401', () => {
    expect(problemsWith('server/src/a.ts', lines(400))).toEqual([])
    expect(problemsWith('server/src/a.ts', lines(401))).toEqual(['server/src/a.ts:1: has 401 lines; 400 are allowed'])
  })

  it('leaves tests and lists of data alone', () => {
    expect(problemsWith('server/src/a.test.ts', lines(900))).toEqual([])
    expect(problemsWith('server/src/words.data.ts', lines(900))).toEqual([])
  })

  it('allows 70 lines in a function and names one with 71', () => {
    expect(problemsWith('cli/src/a.ts', `export function f() {\n${lines(68)}}\n`)).toEqual([])
    expect(problemsWith('cli/src/a.ts', `export function f() {\n${lines(69)}}\n`)).toEqual([
      'cli/src/a.ts:1: f has 71 lines; 70 are allowed',
    ])
  })

  it('allows 60 lines in a function of the server', () => {
    expect(problemsWith('server/src/platform/a.ts', `export function f() {\n${lines(58)}}\n`)).toEqual([])
    expect(problemsWith('server/src/platform/a.ts', `export function f() {\n${lines(59)}}\n`)).toEqual([
      'server/src/platform/a.ts:1: f has 61 lines; 60 are allowed',
    ])
  })

  it('counts arrow functions and methods, and what is nested in them', () => {
    const arrow = `export const g = () => {\n  const inner = () => {\n${lines(67)}  }\n  inner()\n}\n`
    expect(problemsWith('cli/src/a.ts', arrow)).toEqual(['cli/src/a.ts:1: g has 72 lines; 70 are allowed'])
    const method = `export const o = {\n  m() {\n${lines(69)}  },\n}\n`
    expect(problemsWith('cli/src/a.ts', method)).toEqual(['cli/src/a.ts:2: m has 71 lines; 70 are allowed'])
  })

  it('allows three positional parameters, in types too', () => {
    expect(problemsWith('sdk/src/a.ts', 'export function f(a: 1, b: 2, c: 3) {}\n')).toEqual([])
    expect(problemsWith('sdk/src/a.ts', 'export function f(this: 0, a: 1, b: 2, c: 3) {}\n')).toEqual([])
    expect(problemsWith('sdk/src/a.ts', 'export function f(a: 1, b: 2, c: 3, d: 4) {}\n')).toHaveLength(1)
    expect(problemsWith('sdk/src/a.ts', 'export interface P { m(a: 1, b: 2, c: 3, d: 4): void }\n')).toHaveLength(1)
  })

  it('reads plain JavaScript as well', () => {
    expect(problemsWith('tools/a.mjs', 'export function f(a, b, c, d) {}\n')).toHaveLength(1)
  })
})

describe('this repository', () => {
  it('keeps its sizes', () => {
    expect(checkSizes(process.cwd())).toEqual([])
  })
})
