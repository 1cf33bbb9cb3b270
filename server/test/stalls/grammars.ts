/** What people and programs write into fields, by grammar, and leaning towards what is slow to read. */
import fc from 'fast-check'

/** Mostly short, now and then long: how often something is repeated. */
const repeats = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: 1, max: 30 }) },
  { weight: 4, arbitrary: fc.integer({ min: 30, max: 1000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1000, max: 60_000 }) },
)
const text_max = 250_000

/** One unit again and again, with an end that may spoil the match. */
export function runsOf(...units: readonly string[]): fc.Arbitrary<string> {
  return fc
    .tuple(fc.constantFrom(...units), repeats, fc.constantFrom('', '!', '\n', 'x', ' '))
    .map(([unit, count, end]) => unit.repeat(Math.min(count, Math.ceil(text_max / unit.length))) + end)
}

function joined(...parts: readonly fc.Arbitrary<string>[]): fc.Arbitrary<string> {
  return fc.array(fc.oneof(...parts), { minLength: 1, maxLength: 6 }).map((list) => list.join('').slice(0, text_max))
}

export const markdown = joined(
  runsOf('# a\n', 'a\n===\n', 'a\n---\n', '> ', '- ', '* ', '1. a\n', '- a\n  ', '    a\n\n', '```\n', '~~~\n'),
  runsOf(
    '*a_b',
    '**a* ',
    '*a **b ',
    '__a_ ',
    '`',
    '`a',
    '[',
    '![',
    '[a](',
    '[a]: b\n',
    '<a ',
    '<!--',
    '&amp;',
    '\\*',
    '|a|b|\n',
  ),
  runsOf('Word and word. ', '\n', ' ', '\t'),
)

export const html = joined(
  runsOf(
    '<div>',
    '<b><p><i>',
    '<table><td>',
    '<h1>a</h1>',
    '<a b=',
    '<a b="',
    '<!--',
    '<![CDATA[',
    '</p>',
    '<p>Text. ',
  ),
  runsOf('&#x1F600;', '&amp;', '<script>', '<svg><a>', '<select><option>', '<', '>', '"'),
)

export const plainText = joined(
  runsOf(
    'a. ',
    'Vote for it. ',
    'word ',
    'a',
    '.',
    '! ',
    '\n\na',
    '4111 1111 1111 1111 ',
    '+1',
    'a@',
    'a.',
    '1.1.',
    'DE44 5001 ',
  ),
  runsOf(
    'AKIA',
    'eyJ',
    '-----BEGIN PRIVATE KEY-----',
    'key="',
    'tel 0',
    '[a:1-2]',
    '[',
    '://a:b@',
    '%_',
    '(555) ',
    'é',
    '𝕏',
  ),
)

/** Regular expressions with repetitions inside repetitions. */
export const patterns: fc.Arbitrary<string> = fc.letrec<{ node: string; atom: string }>((tie) => ({
  atom: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom('a', 'b', '.', '\\s', '[a-z]', '\\pL', '[^x]', '\\b', '^', '$') },
    { weight: 2, arbitrary: tie('node').map((inner) => `(${inner})`) },
  ),
  node: fc
    .array(fc.tuple(tie('atom'), fc.constantFrom('', '', '+', '*', '?', '{0,9}', '{1,50}', '{0,500}', '{3,}')), {
      minLength: 1,
      maxLength: 4,
    })
    .chain((parts) =>
      fc.constantFrom('', '|').map((between) => parts.map(([atom, repeat]) => atom + repeat).join(between)),
    ),
})).node

/** Conditions in CEL over `variables.v` and `output`. */
export const celConditions: fc.Arbitrary<string> = fc
  .letrec<{ bool: string; text: string; list: string }>((tie) => ({
    text: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom('"a"', '"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"', 'string(variables.v.size())', 'output.text'),
      fc.tuple(tie('text'), tie('text')).map(([one, other]) => `(${one} + ${other})`),
      tie('list').map((list) => `${list}.map(x, string(x)).join(",")`),
      fc.tuple(tie('text'), tie('text')).map(([one, other]) => `cel.bind(t, ${one}, t + t + ${other})`),
    ),
    list: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom('variables.v', 'output.list', '[1, 2, 3]'),
      tie('list').map((list) => `${list}.filter(x, x != 1)`),
      tie('text').map((text) => `${text}.split("")`),
      fc.tuple(tie('list'), tie('list')).map(([one, other]) => `(${one} + ${other})`),
    ),
    bool: fc.oneof(
      { maxDepth: 3 },
      fc.tuple(tie('text'), patterns).map(([text, pattern]) => `${text}.matches(${JSON.stringify(pattern)})`),
      fc.tuple(tie('text'), tie('text')).map(([one, other]) => `${one}.contains(${other})`),
      tie('list').map((list) => `${list}.exists(x, x == 2)`),
      tie('list').map((list) => `${list}.all(x, x in ${list})`),
      fc.tuple(tie('bool'), tie('bool')).map(([one, other]) => `(${one} && !${other})`),
    ),
  }))
  .bool.map((text) => text.slice(0, 500))

export const jsonValues: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: fc.json({ maxDepth: 4 }).map((text) => JSON.parse(text)) },
  { weight: 2, arbitrary: repeats.map((count) => Array.from({ length: count }, (_, index) => index)) },
  {
    weight: 2,
    arbitrary: repeats.map((count) => Object.fromEntries(Array.from({ length: count / 4 }, (_, at) => [`k${at}`, at]))),
  },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 1, max: 60 }).map((depth) => JSON.parse('['.repeat(depth) + ']'.repeat(depth))),
  },
  { weight: 1, arbitrary: plainText.map((text) => ({ text: text.slice(0, 100_000), list: [1, 2] })) },
)

/** JSON Schemas: many branches, patterns, references to themselves. */
export const schemas: fc.Arbitrary<Record<string, unknown>> = fc.letrec<{ node: Record<string, unknown> }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom({ type: 'object' }, { minimum: 0 }, { uniqueItems: true }, { const: 5 }, { maxLength: 3 }),
    patterns.map((pattern) => ({ pattern })),
    fc.tuple(patterns, tie('node')).map(([pattern, inner]) => ({ patternProperties: { [pattern]: inner } })),
    fc
      .tuple(fc.constantFrom('allOf', 'anyOf', 'oneOf'), tie('node'), fc.integer({ min: 1, max: 200 }))
      .map(([word, inner, count]) => ({ [word]: Array.from({ length: count }, () => inner) })),
    fc
      .tuple(fc.constantFrom('items', 'contains', 'not', 'additionalProperties'), tie('node'))
      .map(([word, inner]) => ({ [word]: inner })),
    fc
      .array(tie('node'), { maxLength: 20 })
      .map((list) => ({ properties: Object.fromEntries(list.map((inner, at) => [`k${at}`, inner])) })),
    fc.constant({
      $defs: { a: { anyOf: [{ $ref: '#/$defs/a' }, { items: { $ref: '#/$defs/a' } }] } },
      $ref: '#/$defs/a',
    }),
  ),
})).node

/** YAML: many keys, deep nesting, anchors and aliases, long scalars, and what is none. */
export const yaml: fc.Arbitrary<string> = fc.oneof(
  runsOf(
    '[',
    '{',
    '- ',
    '? ',
    '[1, ',
    '"',
    "'",
    '!a ',
    '&a ',
    '%a b\n',
    '---\n',
    '#a\n',
    '\t',
    '}\n',
    'a: |\n  x\n',
    '- !!str a\n',
  ),
  repeats.map((count) => Array.from({ length: Math.min(count, 20_000) }, (_, at) => `k${at}: 1`).join('\n')),
  repeats.map((count) => Array.from({ length: Math.min(count, 12_000) }, (_, at) => `k${at}: &a${at} 1`).join('\n')),
  repeats.map(
    (count) => `a: &a [1, 2]\n${Array.from({ length: Math.min(count, 12_000) }, (_, at) => `k${at}: *a`).join('\n')}`,
  ),
  fc
    .integer({ min: 1, max: 12 })
    .map((levels) =>
      [
        'a0: &a0 [x, x]',
        ...Array.from({ length: levels }, (_, at) => `a${at + 1}: &a${at + 1} [*a${at}, *a${at}, *a${at}]`),
      ].join('\n'),
    ),
  fc
    .integer({ min: 1, max: 400 })
    .map((depth) => Array.from({ length: depth }, (_, at) => `${' '.repeat(at)}a:`).join('\n')),
  repeats.map(
    (count) =>
      `name: x\ntasks:\n${Array.from({ length: Math.min(count, 3000) }, (_, at) => ` - {key: a${at}, capability: noop, when: "true"}`).join('\n')}`,
  ),
)
