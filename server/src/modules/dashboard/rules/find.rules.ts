/** A search text in every way that it can be meant. */
export interface Sought {
  /** The range of ids with this beginning. */
  readonly ids?: { readonly from: string; readonly to: string }
  readonly number?: number
  /** Each must be in the name, as it is or in other letters' case. */
  readonly words: readonly string[]
  /** What a document's key begins with. */
  readonly key: string
}

const id_digits = 32
const id_digits_min = 8
/** More words cost more and narrow nothing down. */
const words_max = 8

export function soughtBy(q: string): Sought {
  const key = q.trim()
  const ids = idsLike(key)
  const number = /^(?:goal-|#)?([1-9]\d{0,8})$/i.exec(key)?.[1]
  const isWhole = ids !== undefined && ids.from === ids.to
  return {
    ...(ids && { ids }),
    ...(number !== undefined && { number: Number(number) }),
    // No name looks like a whole id.
    words: isWhole
      ? []
      : key
          .split(/\s+/)
          .filter((word) => word !== '')
          .slice(0, words_max),
    key: isWhole ? '' : key,
  }
}

/** Ids are compared as the database orders them, byte by byte, so all that begin alike lie in one range. */
function idsLike(text: string): Sought['ids'] {
  if (!/^[0-9a-f]+(-[0-9a-f]+)*-?$/i.test(text)) return undefined
  const digits = text.replaceAll('-', '').toLowerCase()
  if (digits.length < id_digits_min || digits.length > id_digits) return undefined
  return { from: uuidOf(digits.padEnd(id_digits, '0')), to: uuidOf(digits.padEnd(id_digits, 'f')) }
}

function uuidOf(digits: string): string {
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
