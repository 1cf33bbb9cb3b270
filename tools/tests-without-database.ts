import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { listFiles } from './source-files.ts'

/** What opens a database, by the path of its file. */
const opensDatabase =
  /^server\/test\/database\.ts$|^server\/src\/platform\/db\/(pglite|postgres|connection)[^/]*\.ts$|^server\/src\/app\/(main|database)\.ts$/
/** What a test says that starts a program of its own, or asks which database it is on. */
const startsProgram = /node:child_process|process\.env/
const folders = ['contract', 'server', 'sdk', 'cli', 'tools', 'examples', 'web/src']

/**
 * Test files that reach no database by what they import, types aside. Their answers are the same on every database, so
 * they run on one alone.
 */
export function testsWithoutDatabase(root: string): string[] {
  const reaching = new Map<string, boolean>()
  const reachesDatabase = (path: string): boolean => {
    const known = reaching.get(path)
    if (known !== undefined) return known
    // A cycle of imports reaches what its other files reach.
    reaching.set(path, false)
    const reaches = opensDatabase.test(path) || importsOf(root, path).some(reachesDatabase)
    reaching.set(path, reaches)
    return reaches
  }
  return folders
    .flatMap((folder) => listFiles(root, folder, /\.test\.ts$/))
    .filter((path) => !reachesDatabase(path) && !startsProgram.test(readFileSync(join(root, path), 'utf8')))
}

/** Files of this tree that a file imports, types aside. */
function importsOf(root: string, path: string): string[] {
  if (!existsSync(join(root, path))) return []
  const text = readFileSync(join(root, path), 'utf8')
  return [...text.matchAll(/^(?:import|export)(?! type)[^'"]*?from '([^']+)'|import\('([^']+)'\)/gms)].flatMap(
    ([, fixed = '', dynamic = fixed]) => {
      if (dynamic.startsWith('.')) return [posix.normalize(posix.join(dirname(path), dynamic))]
      const [, workspace, rest] = /^@muster\/(contract|sdk|server)\/(.+)$/.exec(dynamic) ?? []
      return workspace === undefined ? [] : [`${workspace}/${rest}.ts`]
    },
  )
}
