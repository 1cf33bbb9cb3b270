/**
 * The check `grounding`: every claim must be found in its source. A claim is a sentence followed by a citation,
 * `Sentence. [name:120-245]`; it holds if the source's visible text at those bytes is the sentence, word for word,
 * white space aside. The output's `citations` ({marker, artifact_id, byte_start, byte_end}) define the markers; entries
 * of any list with `text` and `citation` are claims too. A few connecting sentences without a citation are allowed:
 * one, and one more for every four claims.
 */
import { isObject } from '@muster/contract/platform/objects'
import type { Check, CheckInput, Evidence, OutputText } from './checks.types.ts'
import { evidenceAt, sentenceSpans, textsAt } from './texts.ts'

const marker = /\[[^[\]\n]{1,200}:\d{1,12}-\d{1,12}\]/g
const evidence_max = 20
const uncited_free = 1
const claims_per_uncited = 4

interface CitedRange {
  readonly artifact_id: string
  readonly byte_start: number
  readonly byte_end: number
}

export const grounding: Check = (input) => {
  const markers = markersOf(input.output)
  const runningTexts = textsAt(input.texts, input.params.path).filter(({ path }) => isRunningText(path))
  const results = runningTexts.map((one) => examine(one, markers, input))
  const entries = entryClaims(input)
  const claims = results.reduce((sum, { claims }) => sum + claims, 0) + entries.length
  const uncited = results.flatMap((result) => result.uncited)
  const excess = Math.max(0, uncited.length - uncited_free - Math.floor(claims / claims_per_uncited))
  const wrong = [...results.flatMap((result) => result.wrong), ...entries.flatMap(({ wrong }) => wrong ?? [])]
  const failed = wrong.length + excess
  const evidence = [...wrong, ...uncited.slice(uncited.length - excess)].slice(0, evidence_max)
  const message = `${wrong.length} of ${claims} claims are not in their source; ${uncited.length} sentences have no citation`
  return { failed, of: claims + excess, evidence, ...(failed > 0 && { message }) }
}

/** The artifacts that an output cites: what the judge must load for grounding. */
export function citedArtifacts(output: unknown): readonly string[] {
  const artifact_ids = new Set<string>()
  for (const { artifact_id } of markersOf(output).values()) artifact_ids.add(artifact_id)
  for (const { citation } of entriesOf(output)) artifact_ids.add(citation.artifact_id)
  return [...artifact_ids]
}

/**
 * Whether a string is running text: `text` at the top, or the output itself. Other strings (titles, names) claim
 * nothing.
 */
function isRunningText(path: string): boolean {
  return path === '' || path === '/text'
}

interface TextClaims {
  readonly claims: number
  readonly wrong: readonly Evidence[]
  readonly uncited: readonly Evidence[]
}

function examine(one: OutputText, markers: ReadonlyMap<string, CitedRange>, { sources }: CheckInput): TextClaims {
  const wrong: Evidence[] = []
  const uncited: Evidence[] = []
  let claims = 0
  let from = 0
  let claim: readonly [number, number] = [0, 0]
  for (const match of one.text.matchAll(marker)) {
    const at = match.index
    const place = markers.get(match[0])
    const source = place && sources.get(place.artifact_id)?.(place.byte_start, place.byte_end)
    if (one.text.slice(from, at).trim() !== '') {
      claim = claimBefore(one.text, [from, at], source ?? '')
      uncited.push(...ownSentences(one, from, claim[0]))
    }
    claims++
    if (!source || !sameWords(one.text.slice(...claim), source))
      wrong.push(evidenceAt(one, claim[0], at + match[0].length))
    from = at + match[0].length
  }
  uncited.push(...ownSentences(one, from, one.text.length))
  return { claims, wrong, uncited }
}

/**
 * The claim before a marker: as many words back as the source has at those bytes, if they are the same; else the last
 * sentence.
 */
function claimBefore(text: string, [from, to]: readonly [number, number], source: string): readonly [number, number] {
  let charactersLeft = source.replace(/\s+/g, '').length
  let at = to
  while (charactersLeft > 0 && at > from) if (!isWhite(text.charCodeAt(--at))) charactersLeft--
  if (charactersLeft === 0 && source !== '' && sameWords(text.slice(at, to), source)) return [at, to]
  const spans = sentenceSpans(text.slice(from, to)).filter(
    ([start, end]) => text.slice(from + start, from + end).trim() !== '',
  )
  const [start] = spans.at(-1) ?? [0]
  return [from + start, to]
}

/** Sentences between claims, without headings, rules and list marks. */
function ownSentences(one: OutputText, from: number, to: number): readonly Evidence[] {
  return sentenceSpans(one.text.slice(from, to)).flatMap(([start, end]) => {
    const sentence = one.text.slice(from + start, from + end).trim()
    const hasNoWords = /^(?:#{1,6}\s|[-*_>|\s]*$)/.test(sentence.slice(0, 200)) || !/\p{L}/u.test(sentence)
    return hasNoWords ? [] : [evidenceAt(one, from + start, from + end)]
  })
}

/** The sources of markers, as the output defines them. */
function markersOf(output: unknown): ReadonlyMap<string, CitedRange> {
  const markers = new Map<string, CitedRange>()
  if (!isObject(output) || !Array.isArray(output.citations)) return markers
  for (const entry of output.citations)
    if (isObject(entry) && typeof entry.marker === 'string' && isCited(entry)) markers.set(entry.marker, entry)
  return withEntryMarkers(markers, output)
}

function withEntryMarkers(markers: Map<string, CitedRange>, output: unknown): ReadonlyMap<string, CitedRange> {
  for (const { mark, citation } of entriesOf(output)) if (mark) markers.set(mark, citation)
  return markers
}

interface EntryClaim {
  readonly path: string
  readonly text: string
  readonly mark: string | undefined
  readonly citation: CitedRange
}

/** `sentences: [{text, citation}]`, or any other list of the kind at the top of the output. */
function entriesOf(output: unknown): readonly EntryClaim[] {
  if (!isObject(output)) return []
  return Object.entries(output).flatMap(([name, list]) =>
    (Array.isArray(list) ? list : []).flatMap((entry: unknown, index): EntryClaim[] => {
      if (!isObject(entry) || typeof entry.text !== 'string' || !isObject(entry.citation) || !isCited(entry.citation))
        return []
      const mark = typeof entry.marker === 'string' ? entry.marker : undefined
      return [{ path: `/${name}/${index}/text`, text: entry.text, mark, citation: entry.citation }]
    }),
  )
}

function entryClaims({ output, sources }: CheckInput): readonly { readonly wrong?: Evidence }[] {
  return entriesOf(output).map(({ path, text, citation }) => {
    const source = sources.get(citation.artifact_id)?.(citation.byte_start, citation.byte_end)
    return source && sameWords(text, source) ? {} : { wrong: evidenceAt({ path, text }, 0, text.length) }
  })
}

function isCited(value: Readonly<Record<string, unknown>>): value is Readonly<Record<string, unknown>> & CitedRange {
  return (
    typeof value.artifact_id === 'string' && typeof value.byte_start === 'number' && typeof value.byte_end === 'number'
  )
}

function sameWords(one: string, other: string): boolean {
  return one === other || squeezed(one) === squeezed(other)
}

function squeezed(text: string): string {
  return text.normalize('NFC').replace(/\s+/g, '')
}

function isWhite(code: number): boolean {
  return code <= 32 || code === 0xa0 || code === 0x2028 || code === 0x3000
}
