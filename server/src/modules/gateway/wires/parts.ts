/** Asks what parts are. */
import type { ContentPart, Part, TextPart } from './conversation.ts'
import { refusedAt } from './fields.ts'

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

/** What a system message says. @throws ProviderFailure for what is no text, since no wire has it there */
export function systemTexts(parts: readonly Part[]): readonly TextPart[] {
  return parts.map((part) => {
    if (part.type === 'text') return part
    throw refusedAt(part.place, `${part.type} cannot be part of a system message for this model.`)
  })
}

/** What a tool returned. @throws ProviderFailure for what is neither a text nor media */
export function resultContent(parts: readonly Part[]): readonly ContentPart[] {
  return parts.map((part) => {
    if (isContentPart(part)) return part
    throw refusedAt(part.place, `${part.type} cannot be part of a tool’s output.`)
  })
}
