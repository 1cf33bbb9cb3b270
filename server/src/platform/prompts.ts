import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** Prompts by their names, with a hash of their texts. */
export interface Prompts<Name extends string> {
  readonly texts: Readonly<Record<Name, string>>
  /** The first twelve hexadecimal digits of the SHA-256 over all of them. */
  readonly hash: string
}

/** Reads `name.md` files of a folder, which stands beside the source or beside the bundle. */
export function readPrompts<const Name extends string>(folder: URL, names: readonly Name[]): Prompts<Name> {
  const texts = names.map((name) => [name, readFileSync(new URL(`${name}.md`, folder), 'utf8')] as const)
  const hash = createHash('sha256').update(JSON.stringify(texts)).digest('hex').slice(0, 12)
  // The entries are those of the names.
  return { texts: Object.fromEntries(texts) as Record<Name, string>, hash }
}
