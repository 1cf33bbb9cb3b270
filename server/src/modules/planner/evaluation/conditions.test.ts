import { describe, expect, it } from 'vitest'
import { ConditionError, conditionMs, conditionProblem, holds } from './conditions.ts'

const list = (length: number) => Array.from({ length }, (_, index) => index)

describe('a condition', () => {
  it('gives true or false', () => {
    const output = { s: 'aab', n: [1, 2, 3], o: { k: 'v' } }
    expect(holds('output.s.matches("^a+b$")', { output })).toBe(true)
    expect(holds('output.s.matches("^b")', { output })).toBe(false)
    expect(holds('output.n.exists(x, x == 2) && output["o"].k == "v"', { output })).toBe(true)
    expect(holds('cel.bind(t, output.s + "c", t.contains("bc"))', { output })).toBe(true)
    expect(() => holds('output.s', { output })).toThrow(ConditionError)
  })

  it('matches in linear time, and with no pattern that RE2 does not know', () => {
    expect(holds('v.matches("^(a+)+$")', { v: `${'a'.repeat(5000)}!` })).toBe(false)
    expect(() => holds('v.matches("(?=a)")', { v: 'a' })).toThrow('RE2')
    expect(() => holds('v.matches("((a{0,100}){0,100}){0,100}")', { v: 'a' })).toThrow('too large')
  })

  it.each([
    ['doubles a text', 'cel.bind(a, v + v, cel.bind(b, a + a, cel.bind(c, b + b, c + c))).size() > 1'],
    ['joins with a long text', 'v.split("").join(v).size() > 1'],
    ['copies a text for each element', 'l.map(x, v).size() > 1'],
    ['looks for a long text in a long text', '(v + v).contains(v + "b")'],
    ['looks for each element in a list', 'l.all(x, x in l)'],
  ])('that %s is refused before it runs', (_what, text) => {
    const context = { v: 'a'.repeat(1_100_000), l: list(100_000) }
    expect(() => holds(text, context)).toThrow(/on values of this size it can (take longer|create one with more)/)
  })

  it('is estimated by what it is given', () => {
    expect(conditionMs('l.exists(x, x == 1)', { l: list(10) })).toBeLessThan(1)
    expect(conditionMs('l.exists(x, x == 1)', { l: list(100_000) })).toBeGreaterThan(50)
    expect(conditionMs('l[5] == 1', { l: list(100_000) })).toBeLessThan(1)
  })

  it('goes over lists once at most, however that is written', () => {
    expect(conditionProblem('a.all(x, x > 1)')).toBeNull()
    expect(conditionProblem('a.map // twice\n (x, x).map(y, y).size() > 1')).toMatch('more than 1 time')
    expect(conditionProblem('a.')).not.toBeNull()
  })
})
