// How often the code tells the compiler what a value is instead of showing it. `npm run check` runs it over the repository.
import { pathToFileURL } from 'node:url'
import ts from 'typescript'
import { isTest, lineOf, readSources, type SourceFile } from '../sources/source-files.ts'

/** So many casts are allowed in a thousand lines. */
const castsMax = 2
const linesUnit = 1000
const checkedFolders = ['server/src', 'contract', 'sdk', 'cli', 'web']

export interface CastCount {
  /** Each cast as `path:line`. */
  readonly places: readonly string[]
  readonly lines: number
}

/** The casts of the product's code, tests left out: `x as T` without `as const`, and `<T>x`. */
export function countCasts(root: string): CastCount {
  const sources = readSources(root, checkedFolders).filter(({ path }) => !isTest(path))
  return {
    places: sources.flatMap(castsIn),
    lines: sources.reduce((sum, { text }) => sum + text.split('\n').length - (text.endsWith('\n') ? 1 : 0), 0),
  }
}

/** What is wrong, and every place, where there are more than are allowed. */
export function checkCasts(root: string): string[] {
  const { places, lines } = countCasts(root)
  const allowed = Math.floor((lines * castsMax) / linesUnit)
  if (places.length <= allowed) return []
  return [
    ...places.map((place) => `${place}: a cast`),
    `${places.length} casts in ${lines} lines; ${allowed} are allowed (${castsMax} in ${linesUnit} lines)`,
  ]
}

function castsIn({ path, tree }: SourceFile): string[] {
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    const isCast = ts.isAsExpression(node) ? !ts.isConstTypeReference(node.type) : ts.isTypeAssertionExpression(node)
    if (isCast) found.push(`${path}:${lineOf(tree, node)}`)
    ts.forEachChild(node, visit)
  }
  visit(tree)
  return found
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  if (process.argv.includes('--count')) {
    const { places, lines } = countCasts(process.cwd())
    for (const place of places) process.stdout.write(`${place}\n`)
    process.stdout.write(
      `${places.length} casts in ${lines} lines: ${((places.length * linesUnit) / lines).toFixed(2)} in ${linesUnit}\n`,
    )
  } else {
    const problems = checkCasts(process.cwd())
    for (const problem of problems) process.stdout.write(`${problem}\n`)
    process.exitCode = problems.length > 0 ? 1 : 0
  }
}
