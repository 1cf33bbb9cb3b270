import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Invariant {
  readonly number: number
  readonly line: number
  /** The files that try to break it, each with the titles of tests that it names. */
  readonly tests: readonly { readonly path: string; readonly titles: readonly string[] }[]
}

const page = 'docs/invariants.md'

/** The numbered sections of docs/invariants.md. */
export function invariantsIn(root: string): Invariant[] {
  if (!existsSync(join(root, page))) return []
  const lines = readFileSync(join(root, page), 'utf8').split('\n')
  const invariants: { number: number; line: number; tests: Invariant['tests'][number][] }[] = []
  lines.forEach((text, index) => {
    const [, number] = /^## (\d+)\. \S/.exec(text) ?? []
    if (number !== undefined) invariants.push({ number: Number(number), line: index + 1, tests: [] })
    const [, path, rest = ''] = /^- `([^`]+\.test\.tsx?)`(.*)$/.exec(text) ?? []
    if (path === undefined) return
    const titles = [...rest.matchAll(/“([^”]+)”/g)].map((match) => match[1] ?? '')
    invariants.at(-1)?.tests.push({ path, titles })
  })
  return invariants
}

/** Every invariant that no test tries to break, as `path:line: what is wrong`. */
export function untestedInvariants(root: string): string[] {
  const invariants = invariantsIn(root)
  return invariants.flatMap(({ number, line, tests }, index) => {
    const problems: string[] = []
    if (number !== index + 1) problems.push(`invariant ${number} stands where ${index + 1} belongs`)
    if (!tests.some(({ path }) => existsSync(join(root, path))))
      problems.push(`invariant ${number} names no test file that exists`)
    for (const { path, titles } of tests)
      if (!existsSync(join(root, path))) problems.push(`invariant ${number} names ${path}, which does not exist`)
      else problems.push(...missingTitles(readFileSync(join(root, path), 'utf8'), titles).map(notIn(path)))
    return problems.map((problem) => `${page}:${line}: ${problem}`)
  })
}

function missingTitles(text: string, titles: readonly string[]): string[] {
  return titles.filter((title) => !text.includes(title))
}

const notIn = (path: string) => (title: string) => `${path} has no test “${title}”`
