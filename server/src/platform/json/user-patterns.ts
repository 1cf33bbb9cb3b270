/** Regular expressions that people write run on RE2: in linear time, whatever they are. */
import { RE2JS } from 're2js'

const compiled_max = 500
const pattern_chars_max = 1000
const compiled = new Map<string, RE2JS | null>()

/** Null where RE2 cannot compile it (look-around and back-references, or a mistake). */
export function compileUserPattern(pattern: string): RE2JS | null {
  const known = compiled.get(pattern)
  if (known !== undefined) return known
  if (compiled.size >= compiled_max) compiled.clear()
  const made = compile(pattern)
  compiled.set(pattern, made)
  return made
}

function compile(pattern: string): RE2JS | null {
  if (pattern.length > pattern_chars_max) return null
  try {
    return RE2JS.compile(pattern)
  } catch {
    return null
  }
}

/** The first places at which a pattern matches. */
export function findAll(pattern: RE2JS, text: string, max: number): readonly (readonly [number, number])[] {
  const matcher = pattern.matcher(text)
  const found: (readonly [number, number])[] = []
  while (found.length < max && matcher.find()) found.push([matcher.start(), matcher.end()])
  return found
}
