/** How names and texts are compared: composed (NFC), so that the same letters are the same whoever typed them. */

/** The composed form (Unicode normalisation form C), in which names are stored and compared. */
export function composed(text: string): string {
  return text.normalize('NFC')
}

/** What two texts have in common that differ in case and composition only. */
export function foldedText(text: string): string {
  // Through upper case, so that ß and ss, and all forms of sigma, become one.
  return text.normalize('NFC').toUpperCase().toLowerCase().replaceAll('ς', 'σ').normalize('NFC')
}

/** Whether two names are the same but for case and composition. */
export function areSameNames(one: string, other: string): boolean {
  return foldedText(one) === foldedText(other)
}
