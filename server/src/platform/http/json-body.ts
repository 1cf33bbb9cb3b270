import { limits } from '@muster/contract/limits'
import { invalid, MusterError } from '../errors.ts'

/** What may stand around a value of the greatest depth: the plan, its tasks, a task, its field. */
const depth_max = limits.json_depth_max + 16

/**
 * Reads a JSON body. Depth is counted in one pass over the bytes, before anything that might recurse sees the value;
 * `__proto__` is refused as a name wherever it stands.
 */
export function parseJsonBody(bytes: Uint8Array): unknown {
  if (isTooDeep(bytes)) throw invalid('', `The body must not be nested deeper than ${depth_max} levels.`)
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new MusterError('unparseable', 'The body is not UTF-8.')
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new MusterError('unparseable', 'The body is not JSON.', { remedy: 'Check quotes, commas and brackets.' })
  }
  // An escape may spell the name too, so the value is what tells; the text only says whether to look.
  if (/__proto__|\\u005f/i.test(text) && holdsPrototype(value))
    throw invalid('__proto__', 'The name __proto__ is not taken.')
  return value
}

const quote = 0x22
const backslash = 0x5c

function isTooDeep(bytes: Uint8Array): boolean {
  let depth = 0
  let quoted = false
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at]
    if (quoted) {
      if (byte === backslash) at += 1
      else if (byte === quote) quoted = false
    } else if (byte === quote) quoted = true
    else if (byte === 0x7b || byte === 0x5b) {
      depth += 1
      if (depth > depth_max) return true
    } else if (byte === 0x7d || byte === 0x5d) depth -= 1
  }
  return false
}

function holdsPrototype(root: unknown): boolean {
  const pending: unknown[] = [root]
  while (pending.length > 0) {
    const next = pending.pop()
    if (typeof next !== 'object' || next === null) continue
    if (Object.hasOwn(next, '__proto__')) return true
    for (const value of Object.values(next)) if (typeof value === 'object') pending.push(value)
  }
  return false
}
