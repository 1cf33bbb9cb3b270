/**
 * Joins the sections of several sources into one document, in which every source has at least one sentence and no
 * sentence stands twice. Both follow from a matching of sources with sentences: a source without a sentence of its own
 * gets one that another can spare, or another one of its own, read from the source again.
 */
import type { Json } from '@muster/contract/values'
import { rankSentences } from '../../../platform/text/lexrank.ts'
import { likenessKey } from '../../../platform/text/words.ts'
import type { LoadedArtifact } from '../pool.types.ts'
import type { MarkedCitation } from '../tools.port.ts'
import { citationLabel, citationOf, citedLine, type Piece, piecesOf } from './citations.ts'
import { readSource, sameWords } from './source.ts'

const alternates_max = 24

export interface SectionText {
  readonly heading: string
  readonly text: string
  readonly artifact_id: string
  readonly name: string
  readonly citations: readonly MarkedCitation[]
}

/** The artifacts of sections in which some sentence is another section's too: they may need other sentences. */
export function sectionsInNeed(sections: readonly SectionText[]): readonly string[] {
  const holders = new Map<string, Set<string>>()
  for (const { artifact_id, citations } of sections)
    for (const { text } of citations) {
      const key = likenessKey(text)
      holders.set(key, (holders.get(key) ?? new Set()).add(artifact_id))
    }
  const isShared = (text: string): boolean => (holders.get(likenessKey(text))?.size ?? 0) > 1
  const inNeed = sections.filter(
    ({ citations }) => citations.length > 0 && citations.every(({ text }) => isShared(text)),
  )
  return [...new Set(inNeed.map(({ artifact_id }) => artifact_id))]
}

export function composeBriefing(briefing: {
  readonly title: string
  readonly sections: readonly SectionText[]
  /** Those of `sectionsInNeed`. */
  readonly artifacts: readonly LoadedArtifact[]
  /** How many sections did not come. */
  readonly missing: number
  /** Why sources were left out, each with its name. */
  readonly left_out?: readonly string[]
  /** What a person must know about the reading of the others. */
  readonly notes?: readonly string[]
}): Json {
  const relabel = createLabels()
  const parts = briefing.sections.map((section) => partOf(section, briefing.artifacts))
  const owners = assign(parts)
  const spokenTexts = new Set(
    parts.flatMap((part, at) => part.candidates.filter(ownedBy(owners, at)).map(squeezedText)),
  )
  const echoes = parts
    .flatMap((part, at) => echoOf(part, at, owners))
    .filter((echo) => spokenTexts.has(squeezedText(echo)))
  const sectionPieces = parts.map((part, at) => writePart(part, { at, owners, echoes }))
  const citations: MarkedCitation[] = []
  const cite = (citation: MarkedCitation): string => {
    const markedCitation = relabel(citation)
    citations.push(markedCitation)
    const again = echoes.filter((echo) => sameWords(echo.text, citation.text)).map(relabel)
    citations.push(...again)
    return [citedLine(markedCitation), ...again.map(({ marker }) => marker)].join(' ')
  }
  const texts = sectionPieces.map((pieces) =>
    pieces.map((piece) => (piece.kind === 'own' ? piece.text : cite(piece.citation))),
  )
  const body = texts.map((pieces) => tidy(pieces.join(''))).filter((text) => text !== '')
  const text = [`# ${briefing.title}`, lead(briefing), ...body].join('\n\n')
  return { title: briefing.title, text: `${text}\n`, citations: citations.map((citation) => ({ ...citation })) }
}

interface Part {
  readonly pieces: readonly Piece[]
  /** Its own sentences first, then others of the same source. */
  readonly candidates: readonly MarkedCitation[]
  readonly keys: readonly string[]
  readonly own_count: number
}

function partOf(section: SectionText, artifacts: readonly LoadedArtifact[]): Part {
  const pieces = piecesOf(section.text, section.citations)
  const own = pieces.flatMap((piece) => (piece.kind === 'cited' ? [piece.citation] : []))
  const artifact = artifacts.find(({ artifact_id }) => artifact_id === section.artifact_id)
  const others = artifact && own.length > 0 ? alternatesOf(artifact, own) : []
  const candidates = [...own, ...others]
  return { pieces, candidates, keys: candidates.map(({ text }) => likenessKey(text)), own_count: own.length }
}

function alternatesOf(artifact: LoadedArtifact, own: readonly MarkedCitation[]): readonly MarkedCitation[] {
  const ownKeys = new Set(own.map(({ text }) => likenessKey(text)))
  return rankSentences(readSource(artifact).sentences)
    .filter(({ text }) => !ownKeys.has(likenessKey(text)))
    .slice(0, alternates_max)
    .map((sentence) => citationOf(artifact, sentence))
}

/** Which part keeps the sentence of a key: first one for every part that can have one, then the rest in order. */
function assign(parts: readonly Part[]): ReadonlyMap<string, number> {
  const owners = new Map<string, number>()
  const claim = (at: number, triedKeys: Set<string>): boolean => {
    const { keys = [], own_count = 0 } = parts[at] ?? {}
    const freeKey = keys.slice(0, own_count).find((key) => !owners.has(key) && !triedKeys.has(key))
    for (const key of freeKey === undefined ? keys : [freeKey]) {
      if (triedKeys.has(key)) continue
      triedKeys.add(key)
      const owner = owners.get(key)
      if (owner === undefined || claim(owner, triedKeys)) {
        owners.set(key, at)
        return true
      }
    }
    return false
  }
  parts.forEach((_part, at) => {
    claim(at, new Set())
  })
  parts.forEach(({ keys, own_count }, at) => {
    for (const key of keys.slice(0, own_count)) if (!owners.has(key)) owners.set(key, at)
  })
  return owners
}

/** The part's pieces without the sentences that another part keeps, and with the sentence it got instead. */
function writePart(
  part: Part,
  { at, owners, echoes }: { at: number; owners: ReadonlyMap<string, number>; echoes: readonly MarkedCitation[] },
): readonly Piece[] {
  const seenKeys = new Set<string>()
  const keeps = (citation: MarkedCitation): boolean => {
    const key = likenessKey(citation.text)
    const isFresh = ownedBy(owners, at)(citation) && !seenKeys.has(key)
    seenKeys.add(key)
    return isFresh
  }
  const keptPieces = part.pieces.filter((piece) => piece.kind === 'own' || keeps(piece.citation))
  const replacements = part.candidates.slice(part.own_count).filter(ownedBy(owners, at))
  const [first] = part.candidates
  const isSilent = first && replacements.length === 0 && keptPieces.every(({ kind }) => kind === 'own')
  if (isSilent && echoes.includes(first)) return []
  const lines = (isSilent ? [first] : replacements).flatMap((citation): Piece[] => [
    { kind: 'own', text: '\n' },
    { kind: 'cited', citation },
  ])
  return [...keptPieces, ...lines]
}

function ownedBy(owners: ReadonlyMap<string, number>, at: number): (citation: MarkedCitation) => boolean {
  return ({ text }) => owners.get(likenessKey(text)) === at
}

/**
 * A source without a sentence of its own. Where its sentence stands word for word in another's part, it is cited there
 * as well; where it only nearly does, it stays.
 */
function echoOf(part: Part, at: number, owners: ReadonlyMap<string, number>): readonly MarkedCitation[] {
  const [first] = part.candidates
  return !first || part.candidates.some(ownedBy(owners, at)) ? [] : [first]
}

/** Names of files are not unique: the second artifact with the same marker gets a number. */
function createLabels(): (citation: MarkedCitation) => MarkedCitation {
  const labels = new Map<string, string[]>()
  return (citation) => {
    const plain = citationLabel(citation.name)
    const holders = labels.get(plain) ?? []
    labels.set(plain, holders)
    if (!holders.includes(citation.artifact_id)) holders.push(citation.artifact_id)
    const place = holders.indexOf(citation.artifact_id)
    const label = place === 0 ? plain : `${plain}(${place + 1})`
    return { ...citation, marker: `[${label}:${citation.byte_start}-${citation.byte_end}]` }
  }
}

/** One sentence, since few may stand without a citation; what was left out and assumed is said in it. */
function lead({ sections, missing, left_out = [], notes = [] }: Parameters<typeof composeBriefing>[0]): string {
  const count = sections.length
  const sources = count === 1 ? 'one source' : `${count} sources`
  const missingSentence =
    missing === 0 ? '' : ` ${missing} more did not pass and ${missing === 1 ? 'is' : 'are'} left out.`
  const remarks = [...left_out.map((reason) => `left out: ${reason}`), ...new Set(notes)].map(
    (remark) => `; ${remark.replace(/\s+/g, ' ').replace(/[.!?]+$/, '')}`,
  )
  return `This briefing draws on ${sources}; each sentence is followed by its place there${remarks.join('')}.${missingSentence}`
}

function squeezedText({ text }: MarkedCitation): string {
  return text.replace(/\s+/g, '')
}

function tidy(text: string): string {
  const lines = text.split('\n').map((line) => line.trimEnd())
  return lines
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim()
}
