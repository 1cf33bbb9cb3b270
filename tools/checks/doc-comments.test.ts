import { describe, expect, it } from 'vitest'
import { seededTree } from '../sources/seeded-tree.ts'
import { checkDocComments } from './doc-comments.ts'

function problemsWith(path: string, content: string): string[] {
  using tree = seededTree({ [path]: content })
  return checkDocComments(tree.root)
}

describe('the check of doc comments', () => {
  it.each([
    ['a constant', 'export const size = 1', 'size'],
    ['a function', 'export function read() {}', 'read'],
    ['an interface', 'export interface Run { readonly id: string }', 'Run'],
    ['a type', "export type Method = 'GET'", 'Method'],
    ['a class', 'export class Failure extends Error {}', 'Failure'],
    ['an empty comment', '/** */\nexport const size = 1', 'size'],
    ['a comment of another kind', '// The size.\nexport const size = 1', 'size'],
  ])('names %s without one', (_, content, name) => {
    const found = problemsWith('contract/alpha/runs.ts', content)
    expect(found).toEqual([expect.stringContaining(`: ${name} has no doc comment`)])
  })

  it('reads contract, SDK and ports, and nothing else', () => {
    const content = 'export const size = 1'
    expect(problemsWith('sdk/src/client.ts', content)).toHaveLength(1)
    expect(problemsWith('server/src/modules/alpha/alpha.port.ts', content)).toHaveLength(1)
    expect(problemsWith('server/src/modules/alpha/alpha.service.ts', content)).toEqual([])
    expect(problemsWith('contract/alpha/runs.test.ts', content)).toEqual([])
    expect(problemsWith('contract/gathered/limits.ts', content)).toEqual([])
  })

  it.each([
    ['a comment of one line', '/** Bytes. */\nexport const size = 1'],
    ['a comment of several lines', '/**\n * Bytes.\n */\nexport const size = 1'],
    ['the summary of an operation', "export const getRun = operation({ summary: 'Gives a run.' })"],
    ['the description of a schema', "export const size = z.int().describe('Bytes.')"],
    ['the comment of the value that a type is made from', '/** A run. */\nconst run = 1\nexport type Run = typeof run'],
    ['the comment of the first overload', '/** Reads. */\nexport function read(): 1\nexport function read(a?: 1) {}'],
    ['no export', 'const size = 1'],
  ])('is content with %s', (_, content) => {
    expect(problemsWith('contract/alpha/runs.ts', content)).toEqual([])
  })
})

describe('this repository', () => {
  it('documents what others build on', () => {
    expect(checkDocComments(process.cwd())).toEqual([])
  })
})
