/**
 * Makes a text from outside storable in PostgreSQL: null characters are removed, lone surrogates become replacement
 * characters.
 */
export function storable(text: string): string {
  return text.replaceAll('\0', '').replaceAll(/[\uD800-\uDFFF]/gu, '\uFFFD')
}
