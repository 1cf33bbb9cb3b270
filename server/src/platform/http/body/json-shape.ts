/** The shape of a JSON text, counted from its bytes without parsing; broken JSON has one too. */
export interface JsonShape {
  /** How deep lists and objects are nested; counting ends behind `depth_max`. */
  readonly depth: number
  /** Texts, numbers, literals, lists and objects; the names of objects are none. */
  readonly values: number
  readonly names: number
}

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const colon = 0x3a
const space = 0x20

/** One pass over the bytes, without recursion. */
export function jsonShape(bytes: Uint8Array, depth_max: number): JsonShape {
  let [depth, deepest, values, names] = [0, 0, 1, 0]
  let isInString = false
  let is_behind_opening = false
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0
    if (isInString) {
      if (byte === backslash) at += 1
      else if (byte === quote) isInString = false
      continue
    }
    if (byte <= space) continue
    const is_opening = byte === 0x7b || byte === 0x5b
    if (is_opening) {
      depth += 1
      deepest = Math.max(deepest, depth)
      if (deepest > depth_max) break
    } else if (byte === 0x7d || byte === 0x5d) {
      depth -= 1
      // An empty list or object holds nothing; another one holds one more than it has commas.
      if (!is_behind_opening) values += 1
    } else if (byte === comma) values += 1
    else if (byte === colon) names += 1
    else if (byte === quote) isInString = true
    is_behind_opening = is_opening
  }
  return { depth: deepest, values, names }
}
