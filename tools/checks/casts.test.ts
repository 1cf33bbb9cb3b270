import { describe, expect, it } from 'vitest'
import { seededTree } from '../sources/seeded-tree.ts'
import { checkCasts, countCasts } from './casts.ts'

const lines = (count: number) => '// one line\n'.repeat(count)

describe('check-casts', () => {
  it('counts both forms of a cast, each of a double one, and neither `as const` nor `satisfies`', () => {
    using tree = seededTree({
      'sdk/src/a.ts':
        'export const a = 1 as const\nexport const b = {} satisfies object\nexport const c = a as number\n',
      'contract/b.ts': 'export const d = a as unknown as string\nexport const e = <string>a\n',
    })
    expect(countCasts(tree.root).places).toEqual([
      'contract/b.ts:1',
      'contract/b.ts:1',
      'contract/b.ts:2',
      'sdk/src/a.ts:3',
    ])
  })

  it('allows two in a thousand lines, over all files, and names the places where there are more', () => {
    const cast = 'export const c = a as number\n'
    using enough = seededTree({ 'sdk/src/a.ts': cast.repeat(2) + lines(498), 'web/src/b.tsx': lines(500) })
    expect(checkCasts(enough.root)).toEqual([])
    using tooFew = seededTree({ 'sdk/src/a.ts': cast.repeat(2) + lines(498), 'web/src/b.tsx': lines(499) })
    expect(checkCasts(tooFew.root)).toEqual([
      'sdk/src/a.ts:1: a cast',
      'sdk/src/a.ts:2: a cast',
      '2 casts in 999 lines; 1 are allowed (2 in 1000 lines)',
    ])
  })

  it('leaves tests alone', () => {
    using tree = seededTree({ 'sdk/src/a.test.ts': 'export const c = a as number\n', 'sdk/src/a.ts': lines(1) })
    expect(countCasts(tree.root)).toEqual({ places: [], lines: 1 })
  })
})

describe('this repository', () => {
  it('has no more casts than are allowed', () => {
    expect(checkCasts(process.cwd())).toEqual([])
  })
})
