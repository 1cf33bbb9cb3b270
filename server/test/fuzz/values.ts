import type { Schema } from '../hostile/requests.ts'
import { beyond_double } from '../hostile/values.ts'
import type { Random } from '../kill/random.ts'

/** A value to put where a schema stands: most often of its type and at its limits, else anything. */
export function valueFor(schema: Schema, random: Random): unknown {
  const branches = schema.anyOf ?? schema.oneOf
  if (branches !== undefined && random.chance(0.8)) return valueFor(random.pick(branches), random)
  if (schema.enum !== undefined && random.chance(0.7)) return random.pick(schema.enum)
  if (random.chance(0.15)) return anything(random)
  switch (schema.type) {
    case 'integer':
    case 'number':
      return numberFor(schema, random)
    case 'string':
      return textFor(schema, random)
    case 'array':
      return arrayFor(schema, random)
    case 'object':
      return objectFor(schema, random)
    case 'boolean':
      return random.chance(0.8) ? random.chance(0.5) : random.pick(['true', 0, 1, null])
    default:
      return anything(random)
  }
}

const numbers: readonly unknown[] = [
  0,
  -0,
  1,
  -1,
  1.5,
  32_767,
  32_768,
  2 ** 31 - 1,
  2 ** 31,
  -(2 ** 31),
  -(2 ** 31) - 1,
  2 ** 32,
  10 ** 12,
  10 ** 12 + 1,
  Number.MAX_SAFE_INTEGER,
  Number.MIN_SAFE_INTEGER,
  2 ** 53,
  2 ** 63,
  1e21,
  1e308,
  -1e308,
  5e-324,
  0.1,
  '1',
  '١',
  '0x10',
  '1e3',
  beyond_double,
]

function numberFor({ minimum = 0, maximum = 1000 }: Schema, random: Random): unknown {
  if (random.chance(0.4)) return random.pick(numbers)
  return random.pick([minimum, maximum, minimum - 1, maximum + 1, Math.floor(minimum + random.next() * 20)])
}

const times = [
  '0000-01-01T00:00:00Z',
  '0000-12-31T23:59:59-00:01',
  '0001-01-01T00:00:00Z',
  '0001-01-01T00:00:00+14:00',
  '9999-12-31T23:59:59Z',
  '9999-12-31T23:59:59.999999999-14:00',
  '9999-12-31T23:59:59+23:59',
  '2026-01-01T00:00:00+23:59',
  '2026-01-01T00:00:00-23:59',
  '2026-01-01T00:00:00+14:00',
  '2024-02-29T00:00:00Z',
  '2026-02-29T00:00:00Z',
  '2026-06-30T23:59:60Z',
  `2026-01-01T00:00:00.${'9'.repeat(300)}Z`,
  '+275760-09-13T00:00:00Z',
  '-000001-01-01T00:00:00Z',
  'infinity',
  '-infinity',
  'now',
  'epoch',
  '2026-01-01',
  '0000-01-01',
  '9999-12-31',
  'BC',
]

export const texts = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\ud800',
  'a\udc00b',
  '\u202e',
  '\ufeff',
  '\uffff',
  '🦊',
  'e\u0301'.repeat(40),
  'İ'.repeat(60),
  '\r\n\t',
  '%',
  '%_\\',
  "' or 1=1 --",
  '"; drop table goals; --',
  '$1',
  '{{7*7}}',
  '\u0024{goal.text}',
  '../../etc/passwd',
  '__proto__',
  'constructor',
  'toString',
  '/a/~2/b',
  '/-',
  '/0/__proto__',
  '$.a',
  'NaN',
  'Infinity',
  '-0',
  '1e999',
  'null',
  'true',
  '[]',
  '{}',
  'output.a == output.b',
  'size(output) > 0',
  '(a+)+$',
  'a{1000}{1000}',
  '(?=x)',
  '[',
  '\\',
  '- key: a\n  capability: noop\n',
  'tasks:\n  - key: a\n    capability: noop\n',
  '&a [*a]',
  '---\n---\n',
  '# a\n# b\n',
  'http://127.0.0.1:9/',
  'http://[::1]:9/',
  'file:///etc/passwd',
  'data:text/html,x',
  'a.output',
  'a.output[999999999999]',
  'GOAL-99999999999999999999',
  'GOAL-2147483648',
  '#2147483648',
  '99999999999999999999',
  ...times,
]

function textFor({ format, minLength = 1, maxLength = 200, pattern }: Schema, random: Random): unknown {
  if (format === 'date-time' || format === 'date') return random.pick(times)
  if (format === 'uuid') return random.pick(uuids)
  if (random.chance(0.5)) return random.pick(texts)
  if (pattern !== undefined && random.chance(0.5)) return random.pick(['a', 'A1', 'noop', 'a.b', '/a', '1', 'a-b'])
  const length = random.pick([minLength, minLength - 1, maxLength, maxLength + 1, 20])
  return random.pick(['a', 'é', '🦊', ' ', '\u0301', '"', '\\']).repeat(Math.max(0, Math.min(length, 70_000)))
}

const uuids = [
  '00000000-0000-0000-0000-000000000000',
  'ffffffff-ffff-ffff-ffff-ffffffffffff',
  '01890a5d-ac96-774b-bcce-b302099a8057',
  '01890A5D-AC96-774B-BCCE-B302099A8057',
  '{01890a5d-ac96-774b-bcce-b302099a8057}',
  'x',
]

const list_characters_max = 4_000_000

function arrayFor({ items, minItems = 0 }: Schema, random: Random): unknown[] {
  const length = random.pick([minItems, minItems + 1, 2, 3, random.chance(0.05) ? 20_000 : 4])
  if (length > 100) return manyOf(items === undefined ? 1 : valueFor(items, random), length)
  return Array.from({ length }, () => (items === undefined ? anything(random) : valueFor(items, random)))
}

/** As many as asked for, or as many as a body of some megabytes holds: lists of long texts in lists would fill the memory. */
function manyOf(item: unknown, length: number): unknown[] {
  const item_characters = JSON.stringify(item ?? null).length + 1
  return new Array(Math.max(2, Math.min(length, Math.floor(list_characters_max / item_characters)))).fill(item)
}

function objectFor({ properties = {}, required = [], additionalProperties }: Schema, random: Random): unknown {
  const chosen = Object.entries(properties).filter(([name]) => random.chance(required.includes(name) ? 0.95 : 0.4))
  const known = chosen.map(([name, schema]) => [name, valueFor(schema, random)])
  const free = typeof additionalProperties === 'object' ? additionalProperties : {}
  const is_open = additionalProperties !== false || random.chance(0.1)
  const more = is_open ? [[random.pick(['a', 'b', 'noop', ...texts]), valueFor(free, random)]] : []
  // Through entries, so that `__proto__` is a field like others.
  return Object.fromEntries([...known, ...more])
}

/** JSON of any kind. */
export function anything(random: Random, depth = 0): unknown {
  const leaf = [null, true, false, [], {}, random.pick(numbers), random.pick(texts), random.pick(uuids)]
  if (depth > 2 || random.chance(0.6)) return random.pick(leaf)
  if (random.chance(0.1)) return nestedIn(random.integer(0, 89), random.chance(0.5))
  if (random.chance(0.5)) return Array.from({ length: random.integer(0, 5) }, () => anything(random, depth + 1))
  const names = ['a', 'b', '$from', '$ref', '$defs', 'type', 'pattern', 'properties', 'allOf', 'not', ...texts]
  return Object.fromEntries(
    Array.from({ length: random.integer(0, 4) }, () => [random.pick(names), anything(random, depth + 1)]),
  )
}

function nestedIn(levels: number, in_arrays: boolean): unknown {
  let value: unknown = 1
  for (let level = 0; level < levels; level += 1) value = in_arrays ? [value] : { a: value }
  return value
}
