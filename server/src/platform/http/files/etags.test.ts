import { expect, it } from 'vitest'
import { namesTag } from './etags.ts'

it('knows its own ETag among others', () => {
  expect(namesTag('"a", W/"b"', '"b"')).toBe(true)
  expect(namesTag('*', '"b"')).toBe(true)
  expect(namesTag('"a"', '"b"')).toBe(false)
  expect(namesTag(undefined, '"b"')).toBe(false)
})
