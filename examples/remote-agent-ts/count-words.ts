/** How many runs of letters and digits a text has, in any script that puts spaces between words. */
export function countWords(text: string): number {
  let words = 0
  for (const _word of text.matchAll(/[\p{L}\p{N}]+/gu)) words++
  return words
}
