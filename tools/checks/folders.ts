// How many files a folder holds: a reader can keep so many names in mind. `npm run check` runs it over the repository.
import { posix } from 'node:path'
import { pathToFileURL } from 'node:url'
import { listFiles } from '../sources/source-files.ts'

const files_max = 15
const checkedFolders = [
  'server/src',
  'server/test',
  'web',
  'cli',
  'sdk',
  'contract',
  'tools',
  'bench',
  'examples',
] as const

/** Every folder below `root`, at any depth, that holds too many files, tests not counted, as `path: what is wrong`. */
export function checkFolders(root: string): string[] {
  const counts = new Map<string, number>()
  for (const path of checkedFolders.flatMap((folder) => listFiles(root, folder, /^(?!.*\.test\.\w+$)/))) {
    const folder = posix.dirname(path)
    counts.set(folder, (counts.get(folder) ?? 0) + 1)
  }
  return [...counts]
    .filter(([, count]) => count > files_max)
    .map(([folder, count]) => `${folder}: holds ${count} files; ${files_max} are allowed, so group them by subject`)
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const problems = checkFolders(process.cwd())
  for (const problem of problems) process.stdout.write(`${problem}\n`)
  process.exitCode = problems.length > 0 ? 1 : 0
}
