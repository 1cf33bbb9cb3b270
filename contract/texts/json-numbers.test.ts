import { expect, it, vi } from 'vitest'
import { isExactInteger, roundedInteger } from './json-numbers.ts'

it.each([
  ['9107385562314477123', ''],
  ['{"a/b":[1,{"id":9107385562314477123}],"c":"x"}', '/a~1b/1/id'],
  ['[0,"9107385562314477123,[",-9007199254740993]', '/2'],
  ['{"\\"a":{"b":[]},"c":9007199254740993}', '/c'],
])('finds the integer that would be rounded in %s', (json, path) => {
  expect(roundedInteger(json)?.path).toBe(path)
})

it.each([
  '9007199254740992',
  '["9107385562314477123"]',
  '{"9107385562314477123":1}',
  '1e300',
  '0.12345678901234567890',
  '1000000000000000000000',
])('leaves %s alone', (json) => {
  expect(roundedInteger(json)).toBeUndefined()
})

it('reads no vector number by number', () => {
  const charAt = vi.spyOn(String.prototype, 'charAt')
  try {
    expect(roundedInteger('{"embedding":[0.12345678901234567,-1.2345678901234567e-5,10.1234567890123456789]}')).toBe(
      undefined,
    )
    expect(charAt).not.toHaveBeenCalled()
    expect(roundedInteger('[0.12345678901234567,9107385562314477123]')?.path).toBe('/1')
  } finally {
    charAt.mockRestore()
  }
})

it('agrees with the digits that come back', () => {
  for (const digits of ['9007199254740991', '9007199254740993', '-9007199254740993', '18014398509481984'])
    expect(isExactInteger(digits)).toBe(String(BigInt(Number(digits))) === digits)
})
