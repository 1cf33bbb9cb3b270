/** Compiles regular expressions of callers with RE2, which runs in linear time. */
import { cutText } from '@muster/contract/texts/graphemes'
import { RE2JS, RE2Set } from 're2js'

const patterns_max = 500
const pattern_chars_max = 1000
/** RE2 takes time by the size of a pattern with its repetitions written out. */
const pattern_size_max = 5000
const patternCache = new Map<string, RE2JS | null>()

/** Null where RE2 cannot compile it (look-around and back-references, or a mistake), and where it is too large. */
export function compileUserPattern(pattern: string): RE2JS | null {
  const cachedPattern = patternCache.get(pattern)
  if (cachedPattern !== undefined) return cachedPattern
  if (patternCache.size >= patterns_max) patternCache.clear()
  const compiledPattern = compile(pattern)
  patternCache.set(pattern, compiledPattern)
  return compiledPattern
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
    return error instanceof Error ? cutText(error.message, 200) : String(error)
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
      const repeatedSize = last * Math.max(1, ...(token.match(/\d+/g) ?? []).map(Number))
      size += repeatedSize - last
      last = repeatedSize
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
  const places: (readonly [number, number])[] = []
  while (places.length < max && matcher.find()) places.push([matcher.start(), matcher.end()])
  return places
}

/** Which of the patterns match any of the texts, by one pass over each; all of them can be compiled. */
export function matchingPatterns(patterns: readonly string[], texts: readonly string[]): ReadonlySet<string> {
  if (patterns.length < 2) return new Set(patterns)
  const all = new RE2Set()
  for (const pattern of patterns) all.add(pattern)
  return new Set(texts.flatMap((text) => all.match(text)).flatMap((index) => patterns[index] ?? []))
}
