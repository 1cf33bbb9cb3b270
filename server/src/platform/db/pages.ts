import { invalid } from '../errors.ts'
import { isUuid } from '../ids.ts'

export interface Page<Item> {
  readonly items: readonly Item[]
  readonly next_cursor?: string
}

/** The id after which a page of a list ordered by id goes on; undefined for the first page. Throws `invalid`. */
export function idOfCursor(cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined
  const id = Buffer.from(cursor, 'base64url').toString('utf8')
  if (!isUuid(id)) throw invalid('cursor', 'The cursor is not one that a list has given.')
  return id
}

/** A page out of rows that were read with one more than the limit, which tells whether there are more. */
export function pageById<Row extends { readonly id: string }>(rows: readonly Row[], limit: number): Page<Row> {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  if (rows.length <= limit || last === undefined) return { items }
  return { items, next_cursor: Buffer.from(last.id).toString('base64url') }
}
