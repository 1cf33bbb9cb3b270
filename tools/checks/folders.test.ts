import { describe, expect, it } from 'vitest'
import { seededTree } from '../sources/seeded-tree.ts'
import { checkFolders } from './folders.ts'

const filesIn = (folder: string, count: number, ending = '.ts') =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`${folder}/file-${at}${ending}`, '']))

function problemsWith(files: Readonly<Record<string, string>>): string[] {
  using tree = seededTree(files)
  return checkFolders(tree.root)
}

describe('the check of folders', () => {
  it('allows 15 files in a folder and names the one with 16, at any depth', () => {
    expect(problemsWith(filesIn('cli/src', 15))).toEqual([])
    expect(problemsWith(filesIn('cli/src', 16))).toEqual([
      'cli/src: holds 16 files; 15 are allowed, so group them by subject',
    ])
    expect(problemsWith(filesIn('web/src/features/goals/new/plan', 17))).toEqual([
      'web/src/features/goals/new/plan: holds 17 files; 15 are allowed, so group them by subject',
    ])
  })

  it('counts files of every kind, but neither tests nor the files of folders within', () => {
    expect(problemsWith({ ...filesIn('tools', 10), ...filesIn('tools', 6, '.md') })).toHaveLength(1)
    expect(problemsWith({ ...filesIn('tools', 15), ...filesIn('tools', 9, '.test.ts') })).toEqual([])
    expect(problemsWith({ ...filesIn('tools', 15), ...filesIn('tools/setup', 15) })).toEqual([])
  })

  it.each(['server/src/app', 'server/test', 'web/src/ui', 'sdk/src', 'contract', 'bench/lib', 'examples/sample'])(
    'looks into %s',
    (folder) => {
      expect(problemsWith(filesIn(folder, 16))).toHaveLength(1)
    },
  )
})

describe('this repository', () => {
  it('keeps its folders small', () => {
    expect(checkFolders(process.cwd())).toEqual([])
  })
})
