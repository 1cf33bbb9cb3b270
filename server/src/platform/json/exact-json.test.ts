import { describe, expect, it } from 'vitest'
import { exactJsonText, firstBigint, parseExactJson } from './exact-json.ts'

const long = '9'.repeat(1_000)

describe('JSON with integers beyond a double', () => {
  it.each([
    '{"id":9107385562314477123,"ids":[-9107385562314477123,1],"text":"9107385562314477123"}',
    `[${long}]`,
    '{"a":1.5,"b":1e3,"c":0.1234567890123456789}',
    '9007199254740993',
  ])('comes out as it went in: %s', (text) => {
    const value = parseExactJson(text)
    const expected = text.includes('1e3') ? JSON.stringify(JSON.parse(text)) : text
    expect(exactJsonText(value)).toBe(expected)
  })

  it('is refused where an integer has more digits than are passed on', () => {
    expect(() => parseExactJson(`{"a":${long}9}`)).toThrow('an integer of 1001 digits')
  })

  it('says where the first one stands', () => {
    expect(firstBigint(parseExactJson('{"a":[1,{"b":9107385562314477123}]}'))?.path).toEqual(['a', '1', 'b'])
    expect(firstBigint({ a: [1] })).toBeUndefined()
  })
})
