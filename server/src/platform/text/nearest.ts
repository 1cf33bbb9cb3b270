/** The candidate with the smallest edit distance (Levenshtein) to a word, for messages that suggest what was meant. */
export function nearest(word: string, candidates: readonly string[]): string {
  let best = candidates[0] ?? ''
  let best_distance = Number.POSITIVE_INFINITY
  for (const candidate of candidates) {
    const distance = editDistance(word.slice(0, 100), candidate)
    if (distance < best_distance) [best, best_distance] = [candidate, distance]
  }
  return best
}

function editDistance(one: string, other: string): number {
  let previous = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (let i = 1; i <= one.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= other.length; j += 1) {
      const replaced = (previous[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1)
      row.push(Math.min(replaced, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1))
    }
    previous = row
  }
  return previous.at(-1) ?? 0
}
