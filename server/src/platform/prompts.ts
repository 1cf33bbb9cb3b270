import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { tableOf } from '@muster/contract/platform/objects'

/** Prompts by their names, with a hash of their texts. */
export interface Prompts<Name extends string> {
  readonly texts: Readonly<Record<Name, string>>
  /** The first twelve hexadecimal digits of the SHA-256 over all of them. */
  readonly hash: string
}

/** Reads `name.md` files of a folder, which stands beside the source or beside the bundle. */
export function readPrompts<const Name extends string>(folder: URL, names: readonly Name[]): Prompts<Name> {
  const texts = tableOf(names, (name) => readFileSync(new URL(`${name}.md`, folder), 'utf8'))
  const hash = createHash('sha256')
    .update(JSON.stringify(Object.entries(texts)))
    .digest('hex')
    .slice(0, 12)
  return { texts, hash }
}
