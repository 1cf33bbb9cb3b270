import { limits } from '@muster/contract/limits'
import { invalid } from '../errors.ts'
import { isUuid } from '../ids.ts'

export interface Page<Item> {
  readonly items: readonly Item[]
  readonly next_cursor?: string
}

/** The id after which the page starts, in a list ordered by id; undefined for the first page. Throws `invalid`. */
export function idOfCursor(cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined
  const id = Buffer.from(cursor, 'base64url').toString('utf8')
  if (!isUuid(id)) throw foreign()
  return id
}

/** A page out of rows that were read with one more than the limit, which tells whether there are more. */
export function pageById<Row extends { readonly id: string }>(rows: readonly Row[], limit: number): Page<Row> {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  if (rows.length <= limit || last === undefined) return { items }
  return { items, next_cursor: Buffer.from(last.id).toString('base64url') }
}

/** The query of a list that goes by cursor or by page number. */
export interface WindowQuery {
  readonly cursor?: string | undefined
  readonly offset?: number | undefined
  readonly page?: number | undefined
  readonly page_size?: number | undefined
  readonly limit: number
}

/** Which rows of a list are wanted. */
export interface Window {
  /** The id of the last row before it, in a list ordered by id. */
  readonly after: string | undefined
  /** Rows between there and its beginning. */
  readonly offset: number
  readonly size: number
  /** Whether the answer has a total: it was asked for by page or by offset. */
  readonly counted: boolean
  /** The column that the list is sorted by, where it is not the id. */
  readonly sorted_by: string | undefined
}

/**
 * The window of a list that a request asks for. A list ordered by id continues after an id, and nothing is seen twice;
 * one sorted otherwise continues at an offset, since the sorted values may change meanwhile. Throws `invalid`.
 */
export function windowOf(query: WindowQuery, sorted_by?: string): Window {
  const { cursor, offset, page, page_size } = query
  const size = page_size ?? query.limit
  const counted = offset !== undefined || page !== undefined || page_size !== undefined
  const skippedRows = offset ?? ((page ?? 1) - 1) * size
  if (sorted_by === undefined) return { after: idOfCursor(cursor), offset: skippedRows, size, counted, sorted_by }
  const place = cursor === undefined ? skippedRows : placeOfCursor(cursor, sorted_by)
  return { after: undefined, offset: place, size, counted, sorted_by }
}

/** The page out of rows that were read with one more than its size. */
export function pageIn<Row extends { readonly id: string }>(rows: readonly Row[], window: Window): Page<Row> {
  const { size, offset, sorted_by } = window
  if (sorted_by === undefined) return pageById(rows, size)
  const items = rows.slice(0, size)
  if (rows.length <= size) return { items }
  return { items, next_cursor: Buffer.from(`${sorted_by} ${offset + size}`).toString('base64url') }
}

function placeOfCursor(cursor: string, sorted_by: string): number {
  const text = Buffer.from(cursor, 'base64url').toString('utf8')
  const place = text.slice(text.lastIndexOf(' ') + 1)
  if (text !== `${sorted_by} ${place}` || !/^\d{1,7}$/.test(place) || Number(place) > limits.offset_max) throw foreign()
  return Number(place)
}

function foreign() {
  return invalid('cursor', 'Invalid cursor. Use next_cursor of the same list in the same order.')
}
