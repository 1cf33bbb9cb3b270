import { expect, it } from 'vitest'
import { filledCharacters, fillIn } from './template.ts'

const variables = { v: 'x'.repeat(100), l: [1, 2], o: null }

it('puts variables into texts, and whole values where a text is nothing else', () => {
  expect(fillIn({ a: `\${l}`, b: [`<\${l}> \${o}.`], c: 1 }, variables)).toEqual({ a: [1, 2], b: ['<1,2> .'], c: 1 })
})

it('leaves a place that is written with two dollar signs as text with one', () => {
  expect(fillIn({ a: `$\${v}`, b: `echo $\${HOME} \${l}`, c: `$$\${v}` }, variables)).toEqual({
    a: `\${v}`,
    b: `echo \${HOME} 1,2`,
    c: `$\${v}`,
  })
  expect(filledCharacters(`$\${v}`, variables)).toBe(4)
})

it('tells how much that makes, before it is made', () => {
  expect(filledCharacters({ a: [`\${v}`.repeat(1000)] }, variables)).toBeGreaterThanOrEqual(100_000)
  expect(filledCharacters('plain', variables)).toBe(5)
  const huge = { a: Array.from({ length: 1000 }, () => `\${w}`.repeat(1000)) }
  expect(filledCharacters(huge, { w: 'x'.repeat(1_000_000) })).toBeGreaterThan(1e12)
})
