import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import ts from 'typescript'
import { invariantsIn } from './invariants.ts'

interface Passage {
  readonly text: string
  readonly line: number
}

/** Every citation in comments and pages that leads nowhere, as `path:line: what is wrong`. */
export function deadCitations(root: string, paths: readonly string[]): string[] {
  const repository = { root, paths, numbers: new Set(invariantsIn(root).map(({ number }) => number)) }
  return paths.filter(mayCite).flatMap((path) => {
    const text = readFileSync(join(root, path), 'utf8')
    if (!path.endsWith('.md') && !/\binvariants?\s|docs\/|decision \d/i.test(text)) return []
    return passagesIn(path, text).flatMap((passage) =>
      problemsIn(passage, { path, ...repository }).map(
        ({ at, problem }) => `${path}:${lineAt(passage, at)}: ${problem}`,
      ),
    )
  })
}

interface Place {
  readonly root: string
  readonly path: string
  readonly paths: readonly string[]
  readonly numbers: ReadonlySet<number>
}

interface Problem {
  readonly at: number
  readonly problem: string
}

const mayCite = (path: string): boolean =>
  /\.(ts|tsx|mjs|js|sql|md|yaml|yml|py|css)$/.test(path) && !path.startsWith('docs/generated/')

function problemsIn({ text }: Passage, place: Place): Problem[] {
  const { root, path, paths, numbers } = place
  const problems: Problem[] = []
  for (const { 0: words, index, 1: list = '' } of text.matchAll(
    /\binvariants?[ \n*/]+(\d+(?:(?:, | and | to )\d+)*)/gi,
  ))
    for (const number of list.match(/\d+/g) ?? [])
      if (!numbers.has(Number(number)))
        problems.push({
          at: index,
          problem: `cites ${words.replace(/\s+/g, ' ')}; docs/invariants.md has no ${number}`,
        })
  for (const { index, 1: number = '' } of text.matchAll(/\bdecision (\d{4})\b/g))
    if (!isDecision(`docs/decisions/${number}`, paths))
      problems.push({ at: index, problem: `cites decision ${number}, which docs/decisions/ does not hold` })
  for (const { 0: words, index } of text.matchAll(/(?<![\w./-])docs\/[\w./-]*\w/g))
    if (!existsSync(join(root, words)) && !isDecision(words, paths))
      problems.push({ at: index, problem: `cites ${words}, which does not exist` })
  if (path.endsWith('.md')) problems.push(...deadPaths(text, place))
  return problems
}

/** A decision may be cited by its number alone. */
function isDecision(words: string, paths: readonly string[]): boolean {
  return /^docs\/decisions\/\d{4}$/.test(words) && paths.some((path) => path.startsWith(`${words}-`))
}

/** A file that the page shows whole: its path and a colon, then its content. */
const shown_file = /^`([^`]+)`:\n\n```/gm

/** A path of a source file in a page is whole, or begins where the page stands or speaks of: it is the end of some path. */
function deadPaths(text: string, { root, path, paths }: Place): Problem[] {
  if (path === 'CHANGELOG.md') return []
  const shownFiles = new Set([...text.matchAll(shown_file)].map(([, name = '']) => name))
  return [...text.matchAll(/`((?:[\w.-]+\/)+[\w.-]+\.(?:ts|tsx|mjs|sql|md|yaml))`/g)].flatMap(
    ({ 1: words = '', index }) => {
      if (shownFiles.has(words) || existsSync(join(root, words)) || existsSync(join(root, dirname(path), words)))
        return []
      return paths.some((one) => posix.join('/', one).endsWith(`/${words}`))
        ? []
        : [{ at: index, problem: `names ${words}, which does not exist` }]
    },
  )
}

/** The comments of code; all of any other file. */
function passagesIn(path: string, text: string): Passage[] {
  if (!/\.(ts|tsx|mjs|js)$/.test(path)) return [{ text, line: 1 }]
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true)
  const passages: Passage[] = []
  // Comments are what stands before a token beside white space.
  const visit = (node: ts.Node): void => {
    const children = node.getChildren(tree)
    for (const child of children) visit(child)
    if (children.length > 0 || ts.isJsxText(node)) return
    const comments = text.slice(node.getFullStart(), node.getStart(tree))
    if (comments.trim() !== '')
      passages.push({ text: comments, line: tree.getLineAndCharacterOfPosition(node.getFullStart()).line + 1 })
  }
  visit(tree)
  return passages
}

function lineAt({ text, line }: Passage, at: number): number {
  return line + text.slice(0, at).split('\n').length - 1
}
