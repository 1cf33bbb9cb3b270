/** Names for files that are written into one folder: equal names do not overwrite each other. */
import { foldedText } from './comparison.ts'

/**
 * Gives each name back as it is, or with a number where it is taken: `notes/a.txt`, then `notes/a (2).txt`. Names are
 * compared without case and composed, as some file systems do; a file and a folder of one name are taken for each other.
 */
export function createDistinctNames(): (name: string) => string {
  const files = new Set<string>()
  const folders = new Set<string>()
  const isTaken = (name: string): boolean => {
    const folded = foldedText(name)
    return files.has(folded) || folders.has(folded) || foldersOf(folded).some((folder) => files.has(folder))
  }
  return (name) => {
    let distinct = name
    for (let copy = 2; isTaken(distinct); copy += 1) distinct = numbered(name, copy, files)
    const folded = foldedText(distinct)
    files.add(folded)
    for (const folder of foldersOf(folded)) folders.add(folder)
    return distinct
  }
}

/** The number stands before the ending; where a file has the name of a folder of the path, behind that folder. */
function numbered(name: string, copy: number, files: ReadonlySet<string>): string {
  const blocking = foldersOf(name).find((folder) => files.has(foldedText(folder)))
  if (blocking !== undefined) return `${blocking} (${copy})${name.slice(blocking.length)}`
  const dot = name.lastIndexOf('.')
  const at = dot > name.lastIndexOf('/') + 1 ? dot : name.length
  return `${name.slice(0, at)} (${copy})${name.slice(at)}`
}

/** `a` and `a/b` of `a/b/c.txt`. */
function foldersOf(name: string): readonly string[] {
  const parts = name.split('/')
  return parts.slice(1).map((_part, at) => parts.slice(0, at + 1).join('/'))
}
