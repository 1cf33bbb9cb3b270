import { expect, it } from 'vitest'
import { createDistinctNames } from './file-names.ts'

it.each([
  [
    ['report.md', 'report.md', 'report.md'],
    ['report.md', 'report (2).md', 'report (3).md'],
  ],
  [
    ['Café.txt', 'CAFE\u0301.txt'],
    ['Café.txt', 'CAFE\u0301 (2).txt'],
  ],
  [
    ['a', 'a/b.txt', 'a/c.txt'],
    ['a', 'a (2)/b.txt', 'a (2)/c.txt'],
  ],
  [
    ['a/b.txt', 'a'],
    ['a/b.txt', 'a (2)'],
  ],
  [
    ['report (2).md', 'report.md', 'report.md'],
    ['report (2).md', 'report.md', 'report (3).md'],
  ],
  [
    ['.env', '.env'],
    ['.env', '.env (2)'],
  ],
])('%j become %j', (names, distinct) => {
  expect(names.map(createDistinctNames())).toEqual(distinct)
})
