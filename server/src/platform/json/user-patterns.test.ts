import { expect, it } from 'vitest'
import { compileUserPattern, matchingPatterns, patternProblem, patternSize } from './user-patterns.ts'

it('measures a pattern with its repetitions written out', () => {
  expect(patternSize('abc')).toBe(3)
  expect(patternSize('[a-z\\]]{10}')).toBe(10)
  expect(patternSize('(ab){100}')).toBe(400)
  expect(patternSize('((a{0,100}){0,100}){0,100}')).toBeGreaterThan(1_000_000)
})

it('refuses what is too large, and what RE2 does not know', () => {
  expect(compileUserPattern('((a{0,100}){0,100})')).toBeNull()
  expect(patternProblem('((a{0,100}){0,100})')).toMatch('too large')
  expect(patternProblem('(?=a)')).toMatch('invalid')
  expect(patternProblem('a+')).toBeNull()
})

it('tells which of many patterns match', () => {
  const patterns = ['a+b', '^x', 'b$', 'never']
  expect(matchingPatterns(patterns, ['aab', 'y'])).toEqual(new Set(['a+b', 'b$']))
})
