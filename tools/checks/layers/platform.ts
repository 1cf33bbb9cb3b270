// The folders of server/src/platform form no circle, so that each can be read before those that stand on it.
import type { SourceFile } from '../../sources/source-files.ts'
import { knots } from './cycles.ts'

const platform = 'server/src/platform/'

/** Circles of what stands in `platform/` (a folder or a file), and of its folders at every depth, type imports counted. */
export function platformCircles(sources: readonly SourceFile[]): string[] {
  const files = sources.filter(({ path }) => path.startsWith(platform))
  return [...new Set([entryOf, folderOf].flatMap((placeOf) => circlesOf(files, placeOf)))]
}

type PlaceOf = (path: string) => string

/** `db` of `platform/db/pglite/pglite.ts`; a file in platform/ itself stands for itself. */
function entryOf(path: string): string {
  return path.slice(platform.length).split('/')[0] ?? ''
}

/** `db/pglite` of `platform/db/pglite/pglite.ts`; a file in platform/ itself stands for itself. */
function folderOf(path: string): string {
  const parts = path.slice(platform.length).split('/')
  return parts.length > 1 ? parts.slice(0, -1).join('/') : (parts[0] ?? '')
}

function circlesOf(files: readonly SourceFile[], placeOf: PlaceOf): string[] {
  const edges = new Map<string, string[]>()
  const imports = files.flatMap(({ path, mentions }) =>
    mentions.flatMap(({ file, line }) => {
      const leads = file?.startsWith(platform) && placeOf(file) !== placeOf(path)
      return leads && file ? [{ from: placeOf(path), to: placeOf(file), at: `${path}:${line} imports ${file}` }] : []
    }),
  )
  for (const { from, to } of imports) edges.set(from, [...(edges.get(from) ?? []), to])
  return knots(edges).map((places) => {
    const causes = imports.filter(({ from, to }) => places.includes(from) && places.includes(to)).map(({ at }) => at)
    return `${platform.slice(0, -1)}: a circle of folders: ${places.join(', ')} (${causes.join('; ')})`
  })
}
