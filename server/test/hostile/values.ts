import type { Schema, Site } from './requests.ts'

/** Stands for a number literal that JSON may write and no double can hold. */
export const beyond_double = '«1e400»'

/** A value with its text in JSON as it goes over the wire. */
export function jsonOf(value: unknown): string {
  return (JSON.stringify(value) ?? 'null').replaceAll(JSON.stringify(beyond_double), '1e400')
}

const null_character = 'a\u0000b'
const lone_surrogate = 'a\ud800b'

/** What nobody should send there. Some of it fits all the same; the operation's schema tells which. */
export function wrongValues({ schema, place }: Site): readonly unknown[] {
  const always = [null, true, -1, 1.5, 1e308, '', [], {}, lone_surrogate, null_character, ...unlike(schema)]
  if (place !== 'body') return [...always.map(String), '%00', '-1', '1e400', '99999999999999999999', "' or 1=1 --"]
  return always
}

/** What cannot be meant by a value of this type, up to its limits. */
function unlike({ type, maxLength, kind }: Schema): readonly unknown[] {
  switch (type) {
    case 'string':
      return [
        ['x'],
        { text: 'x' },
        kind ? `${'0'.repeat(8)}-0000` : 7,
        ...(maxLength ? ['x'.repeat(maxLength + 1)] : []),
      ]
    case 'integer':
    case 'number':
      return ['1', '1; drop table goals', Number.MAX_SAFE_INTEGER + 2, -Number.MAX_SAFE_INTEGER, beyond_double]
    case 'boolean':
      return ['true', 0]
    case 'array':
      return [[[]], [null], ['\u0000'], { length: 1 }, 'x']
    case 'object':
      return [[{}], { unknown_name: 1 }, { constructor: 1, toString: 1 }, { 'a\u0000b': 1 }, { 'a\ud800b': 1 }]
    default:
      return [[lone_surrogate], { a: { b: null_character } }, beyond_double, { 'a\u0000b': 1 }]
  }
}

/** The text of an array in arrays: data this deep cannot even be written down without recursion. */
export function nested(levels: number): string {
  return `${'['.repeat(levels)}1${']'.repeat(levels)}`
}
