/** Asks what parts are. */
import type { ContentPart, Part } from './conversation.ts'

export function isContentPart(part: Part): part is ContentPart {
  return part.type === 'text' || isMediaPart(part)
}

function isMediaPart({ type }: Part): boolean {
  return type === 'picture' || type === 'document' || type === 'sound' || type === 'video'
}

/** A text, or a document of plain text with its title in front; undefined for any other media. */
export function describedText(part: ContentPart): string | undefined {
  if (part.type === 'text') return part.text
  if (part.source.kind !== 'text') return undefined
  return part.title === undefined ? part.source.text : `${part.title}\n\n${part.source.text}`
}
