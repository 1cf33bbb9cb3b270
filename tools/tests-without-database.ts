import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { listFiles } from './sources/source-files.ts'

/** What opens a database, by the path of its file. */
const opensDatabase =
  /^server\/test\/database\.ts$|^server\/src\/platform\/db\/(pglite|postgres|connection)[^/]*\.ts$|^server\/src\/app\/(main|database)\.ts$/
/** What a test says that starts a program of its own, or asks which database it is on; the seed of a random one is neither. */
const startsProgram = /node:child_process|process\.env(?!\.MUSTER_TEST_(SEED|SEQUENCES)\b)/
const folders = ['contract', 'server', 'sdk', 'cli', 'tools', 'examples', 'web/src']

/**
 * Test files that reach no database: none of what they import, types aside, opens one, starts a program or reads settings.
 * Their answers are the same on every database, so they run on one alone.
 */
export function testsWithoutDatabase(root: string): string[] {
  const imports = new Map<string, readonly string[]>()
  const importsFrom = (path: string): readonly string[] => {
    const paths = imports.get(path) ?? importsOf(root, path)
    imports.set(path, paths)
    return paths
  }
  return folders
    .flatMap((folder) => listFiles(root, folder, /\.test\.ts$/))
    .filter((path) => reachable(path, importsFrom).every((one) => !needsDatabase(root, one)))
}

/** The file and everything that it imports, however far. */
function reachable(path: string, importsFrom: (path: string) => readonly string[]): string[] {
  const paths = new Set([path])
  for (const one of paths) for (const next of importsFrom(one)) paths.add(next)
  return [...paths]
}

function needsDatabase(root: string, path: string): boolean {
  if (opensDatabase.test(path)) return true
  // The product itself reads settings in one place, which says nothing about the test.
  const isOfTests = path.endsWith('.test.ts') || path.includes('/test/')
  return isOfTests && existsSync(join(root, path)) && startsProgram.test(readFileSync(join(root, path), 'utf8'))
}

/** Files of this tree that a file imports, types aside. */
function importsOf(root: string, path: string): string[] {
  if (!existsSync(join(root, path))) return []
  const text = readFileSync(join(root, path), 'utf8')
  return [
    ...text.matchAll(/^(?:import|export)(?! type)[^'"]*?from '([^']+)'|^import '([^']+)'|import\('([^']+)'\)/gms),
  ].flatMap(([, named, bare, dynamic]) => {
    const target = named ?? bare ?? dynamic ?? ''
    if (target.startsWith('.')) return [posix.normalize(posix.join(dirname(path), target))]
    const [, workspace, rest] = /^@muster\/(contract|sdk|server)\/(.+)$/.exec(target) ?? []
    return workspace === undefined ? [] : [`${workspace}/${rest}.ts`]
  })
}
