import { describe, expect, it } from 'vitest'
import { seededTree } from '../../sources/seeded-tree.ts'
import { retired_names } from './retired-names.data.ts'
import { checkWords, filesOf } from './words.ts'

const title = 'is refused'
const invariant = (number: number, test = `\`server/test/a.test.ts\`: “${title}”`) =>
  `## ${number}. Something holds\n\nAlways.\n\n- ${test}\n\n`

/** A repository in which everything is as it should be, prose with retired words too. */
const clean = {
  'docs/invariants.md': `# Invariants\n\n${invariant(1)}${invariant(2)}`,
  'docs/decisions/0001-entries.md': 'See `server/src/a.ts` and `src/a.ts`.\n',
  'docs/glossary.md': 'Run budget: formerly `purse`.\n',
  'CHANGELOG.md': 'The field `plan_wishes` is gone.\n',
  'server/test/a.test.ts': `it('${title}', () => {})\n`,
  'server/src/a.ts': `
    /** We wish that the door stays open, because nobody held it until now (invariants 1 and 2; docs/decisions/0001). */
    export const outdoors = 'a wish that nobody told of'
    export const rows = sql\`select id from goals -- the door\`\n`,
  'server/migrations/0001_first.sql': '-- no purse here\ncreate table goals (id uuid);\n',
}

function problemsWith(files: Readonly<Record<string, string>>): string[] {
  const all = { ...clean, ...files }
  using tree = seededTree(all)
  return checkWords(tree.root, Object.keys(all))
}

describe('check-words', () => {
  it('finds nothing where all is well, and takes prose for no names', () => {
    expect(problemsWith({})).toEqual([])
  })

  it.each([
    ['an identifier', { 'server/src/b.ts': 'export const openDoor = 1\n' }, 'server/src/b.ts:1: openDoor uses'],
    ['a type', { 'server/src/b.ts': '\nexport interface Purse {}\n' }, 'server/src/b.ts:2: Purse uses'],
    ['a field', { 'contract/b.ts': `export const shape = { 'held_until': 1 }\n` }, 'contract/b.ts:1: held_until uses'],
    ['a value', { 'contract/b.ts': `export type Kind = 'wish' | 'goal'\n` }, 'contract/b.ts:1: wish uses'],
    ['a file', { 'server/src/door.ts': 'export const a = 1\n' }, 'server/src/door.ts:1: door.ts uses'],
    ['a folder', { 'server/src/wishes/a.ts': 'export const a = 1\n' }, 'server/src/wishes/a.ts:1: wishes uses'],
    [
      'a table in a statement',
      { 'server/src/b.ts': 'export const b = `select id\n from plan_wishes`\n' },
      'server/src/b.ts:1: plan_wishes uses',
    ],
    [
      'a column in a fragment',
      { 'server/src/b.ts': `export const b = (id: string) => sql\`\${id} and held_until < 1\`\n` },
      'server/src/b.ts:1: held_until uses',
    ],
    [
      'a table in a migration',
      { 'server/migrations/0002_more.sql': '-- more\ncreate table budget_slices (id uuid);\n' },
      'server/migrations/0002_more.sql:2: budget_slices uses',
    ],
    ['a key of JSON', { 'a.json': '{\n "door": 1 }\n' }, 'a.json:2: door uses'],
    ['a key of YAML', { 'a.yaml': 'a: 1\npurse: 2\n' }, 'a.yaml:2: purse uses'],
    ['a class of CSS', { 'web/a.css': '/* door */\n.open-door { color: red }\n' }, 'web/a.css:2: open-door uses'],
    ['a name in Python', { 'a.py': 'x = 1  # door\nopen_door = "door"\n' }, 'a.py:2: open_door uses'],
    ['a name in a page', { 'README.md': 'Set `purse`.\n' }, 'README.md:1: purse uses'],
  ])('goes red on a retired name as %s', (_what, files, says) => {
    expect(problemsWith(files)).toEqual([expect.stringContaining(says)])
  })

  it.each(retired_names)('knows the retired name $word, and says $instead', ({ word, pattern, instead }) => {
    expect(word).toMatch(pattern)
    expect(instead).not.toMatch(pattern)
  })

  it.each([
    [
      'an invariant',
      { 'server/src/b.ts': '\n// So says invariant 3.\nexport const b = 1\n' },
      'server/src/b.ts:2: cites',
    ],
    [
      'the last of several invariants',
      { 'server/src/b.ts': '/** Invariants 1 and 4. */\nexport const b = 1\n' },
      'server/src/b.ts:1: cites Invariants 1 and 4; docs/invariants.md has no 4',
    ],
    ['an invariant in a page', { 'README.md': 'See invariant 9.\n' }, 'README.md:1: cites invariant 9'],
    ['an invariant in SQL', { 'a.sql': '\n-- invariant 9\n' }, 'a.sql:2: cites invariant 9'],
    [
      'a page',
      { 'web/b.tsx': 'export const b = <i>{/* docs/nowhere.md */}</i>\n' },
      'web/b.tsx:1: cites docs/nowhere.md',
    ],
    ['a decision', { 'README.md': 'As in decision 0002.\n' }, 'README.md:1: cites decision 0002'],
    ['the number of a decision', { 'README.md': 'docs/decisions/0002\n' }, 'README.md:1: cites docs/decisions/0002'],
    [
      'a source file',
      { 'server/README.md': '\n`operations/b.ts` does.\n' },
      'server/README.md:2: names operations/b.ts',
    ],
  ])('goes red on a citation that leads nowhere: %s', (_what, files, says) => {
    expect(problemsWith(files)).toEqual([expect.stringContaining(says)])
  })

  it('lets a page name a file that it shows itself', () => {
    const page = 'Write `server/src/c.ts`.\n\n`server/src/c.ts`:\n\n```ts\nexport const c = 1\n```\n'
    expect(problemsWith({ 'docs/how-to/c.md': page })).toEqual([])
  })

  it('takes no string and no code for a citation', () => {
    const code = `export const a = 'invariant 9 of docs/nowhere.md'\nexport const b = a.length // docs/\n`
    expect(problemsWith({ 'server/src/b.ts': code })).toEqual([])
  })

  it.each([
    ['without a test', invariant(1, 'none'), 'docs/invariants.md:3: invariant 1 names no test file that exists'],
    [
      'whose test is gone',
      invariant(1, '`server/test/gone.test.ts`'),
      'docs/invariants.md:3: invariant 1 names server/test/gone.test.ts, which does not exist',
    ],
    [
      'whose test has another title',
      invariant(1, '`server/test/a.test.ts`: “is taken”'),
      'docs/invariants.md:3: server/test/a.test.ts has no test “is taken”',
    ],
    ['with a wrong number', invariant(2), 'docs/invariants.md:3: invariant 2 stands where 1 belongs'],
  ])('goes red on an invariant %s', (_what, section, says) => {
    const files = { 'docs/invariants.md': `# Invariants\n\n${section}`, 'server/src/a.ts': 'export const a = 1\n' }
    expect(problemsWith(files)).toContain(says)
  })
})

describe('this repository', () => {
  it('keeps its words', () => {
    expect(checkWords(process.cwd(), filesOf(process.cwd()))).toEqual([])
  })
})
