/** A text from outside as PostgreSQL can store it: null characters go, lone surrogates become what stands for the unreadable. */
export function storable(text: string): string {
  return text.replaceAll('\0', '').replaceAll(/[\uD800-\uDFFF]/gu, '\uFFFD')
}
