/** Writes citations into a text, and splits a cited text again. */
import type { MarkedCitation } from '../tools.port.ts'
import type { Sentence } from './source.ts'

/** `[report.md:120-245]`, bytes of the original file; what would break the brackets is left out of the name. */
export function citationLabel(name: string): string {
  return name.replace(/[[\]\s]+/g, '_').slice(-120) || 'source'
}

export function citationOf(artifact: { artifact_id: string; name: string }, sentence: Sentence): MarkedCitation {
  const { byte_start, byte_end, text } = sentence
  const marker = `[${citationLabel(artifact.name)}:${byte_start}-${byte_end}]`
  return { marker, artifact_id: artifact.artifact_id, name: artifact.name, byte_start, byte_end, text }
}

/** One sentence a line, each followed by its citation. */
export function citedLine({ text, marker }: Pick<MarkedCitation, 'text' | 'marker'>): string {
  return `${text} ${marker}`
}

/** A piece of a cited text: a sentence with its citation, or words of the text's own (headings, a person's edits). */
export type Piece =
  | { readonly kind: 'cited'; readonly citation: MarkedCitation }
  | { readonly kind: 'own'; readonly text: string }

/**
 * Splits a cited text. A sentence counts as cited only if the words of its citation stand right before the marker; if a
 * person changed them, they are the text's own words, marker and all, and stay.
 */
export function piecesOf(text: string, citations: readonly MarkedCitation[]): readonly Piece[] {
  const places = citations
    .map((citation) => ({ citation, line: citedLine(citation), at: text.indexOf(citedLine(citation)) }))
    .filter(({ at }) => at >= 0)
    .sort((one, other) => one.at - other.at)
  const pieces: Piece[] = []
  let rest = 0
  for (const { citation, line, at } of places) {
    if (at < rest) continue
    if (at > rest) pieces.push({ kind: 'own', text: text.slice(rest, at) })
    pieces.push({ kind: 'cited', citation })
    rest = at + line.length
  }
  if (rest < text.length) pieces.push({ kind: 'own', text: text.slice(rest) })
  return pieces
}
