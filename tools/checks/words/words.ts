// Names that were given up, citations that lead nowhere, and invariants without a test. `npm run check` runs it.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { deadCitations } from './citations.ts'
import { untestedInvariants } from './invariants.ts'
import { namesIn, snakeCase } from './names-in-file.ts'
import { retired_names } from './retired-names.data.ts'

/** Every breach in the files below `root`, as `path:line: what is wrong`. */
export function checkWords(root: string, paths: readonly string[]): string[] {
  return [...usedAgain(root, paths), ...deadCitations(root, paths), ...untestedInvariants(root)]
}

/** What has to spell the retired names: what was, what they were, and this check. */
const excepted =
  /^(CHANGELOG\.md|docs\/glossary\.md|package-lock\.json|tools\/checks\/words\/(words|retired-names)\b.*)$/

function usedAgain(root: string, paths: readonly string[]): string[] {
  return paths
    .filter((path) => !excepted.test(path))
    .flatMap((path) => {
      const text = /\.(png|svg|ico|woff2?)$/.test(path) ? '' : readFileSync(join(root, path), 'utf8')
      const names = mayUse(`${path}\n${text}`) ? namesIn(path, text) : []
      return names.flatMap(({ name, offset }) => {
        const retired = retired_names.find(({ pattern }) => pattern.test(snakeCase(name)))
        if (!retired) return []
        const { word, instead } = retired
        return [`${path}:${lineAt(text, offset)}: ${name} uses the retired name ${word}; say ${instead}`]
      })
    })
}

/** Spares most files the parser. */
function mayUse(text: string): boolean {
  const letters = text.toLowerCase()
  return retired_names.some(({ word }) => word.split('_').every((part) => letters.includes(part)))
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length
}

/** All that git has or would take. */
export function filesOf(root: string): string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  return [...new Set(listed.split('\0'))].filter((path) => path !== '' && existsSync(join(root, path)))
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const root = process.cwd()
  const problems = checkWords(root, filesOf(root))
  for (const problem of problems) process.stdout.write(`${problem}\n`)
  process.exitCode = problems.length > 0 ? 1 : 0
}
