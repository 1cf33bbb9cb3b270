/** Compiles regular expressions of callers with RE2, which runs in linear time. */
import { RE2JS, RE2Set } from 're2js'

const compiled_max = 500
const pattern_chars_max = 1000
/** RE2 takes time by the size of a pattern with its repetitions written out. */
const pattern_size_max = 5000
const compiled = new Map<string, RE2JS | null>()

/** Null where RE2 cannot compile it (look-around and back-references, or a mistake), and where it is too large. */
export function compileUserPattern(pattern: string): RE2JS | null {
  const known = compiled.get(pattern)
  if (known !== undefined) return known
  if (compiled.size >= compiled_max) compiled.clear()
  const made = compile(pattern)
  compiled.set(pattern, made)
  return made
}

/** Whether a pattern is larger than may be compiled. */
export function isPatternTooLarge(pattern: string): boolean {
  return pattern.length > pattern_chars_max || patternSize(pattern) > pattern_size_max
}

/** Why a pattern cannot be used, or null. */
export function patternProblem(pattern: string): string | null {
  if (isPatternTooLarge(pattern)) return 'it is too large when its repetitions are expanded'
  try {
    RE2JS.compile(pattern)
    return null
  } catch (error) {
    return error instanceof Error ? error.message.slice(0, 200) : String(error)
  }
}

function compile(pattern: string): RE2JS | null {
  return patternProblem(pattern) === null ? RE2JS.compile(pattern) : null
}

/** Matches one token of a pattern: an escape, a class (which counts as one character), a repetition or a character. */
const tokens = /\\[\s\S]|\[\^?\]?(?:\\[\s\S]|[^\]\\])*\]|\{\d+(?:,\d*)?\}|[\s\S]/g

/** An upper bound of the instructions of a pattern: its characters, each as often as the repetitions around it say. */
export function patternSize(pattern: string): number {
  const outer: number[] = []
  let size = 0
  let last = 0
  for (const [token] of pattern.matchAll(tokens)) {
    if (token === '(') {
      outer.push(size)
      size = 0
      last = 0
    } else if (token === ')') {
      last = size + 2
      size = (outer.pop() ?? 0) + last
    } else if (token.length > 2 && token.startsWith('{')) {
      const repeated = last * Math.max(1, ...(token.match(/\d+/g) ?? []).map(Number))
      size += repeated - last
      last = repeated
    } else {
      last = 1
      size += last
    }
  }
  return outer.reduce((sum, open) => sum + open, size)
}

/** The first places at which a pattern matches. */
export function findAll(pattern: RE2JS, text: string, max: number): readonly (readonly [number, number])[] {
  const matcher = pattern.matcher(text)
  const found: (readonly [number, number])[] = []
  while (found.length < max && matcher.find()) found.push([matcher.start(), matcher.end()])
  return found
}

/** Which of the patterns match any of the texts, by one pass over each; all of them can be compiled. */
export function matchingPatterns(patterns: readonly string[], texts: readonly string[]): ReadonlySet<string> {
  if (patterns.length < 2) return new Set(patterns)
  const all = new RE2Set()
  for (const pattern of patterns) all.add(pattern)
  return new Set(texts.flatMap((text) => all.match(text)).flatMap((index) => patterns[index] ?? []))
}
