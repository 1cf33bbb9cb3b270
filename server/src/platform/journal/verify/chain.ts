import type { JournalVerified } from '@muster/contract/platform/journal'
import { decodeEntry, type EncodedEntry } from '../encoding.ts'
import type { StoredEvent } from '../events.ts'
import { genesis, headOf, leafOf, merkleRoot, signatureHolds } from '../seal.ts'
import type { Part } from '../segments.ts'

export interface SegmentRow {
  readonly first_number: number
  readonly event_count: number
  readonly epoch: number
  readonly parts: readonly Part[]
  readonly merkle_root: Buffer
  readonly previous_head: Buffer
  readonly head: Buffer
  readonly signer: string
  readonly signature: Buffer
  readonly sealed_at: string
}

export interface EntryRow {
  readonly id: string
  readonly at: string
  readonly events: EncodedEntry
}

type Problem = JournalVerified['problems'][number]
export type ChainFindings = Omit<JournalVerified, 'unsealed' | 'cannot_see' | 'retired_through'>

/** More problems are not reported: one broken link breaks all after it. */
const problems_max = 100

type Say = (problem: Problem['problem'], segment: number, message: string) => void

export interface ChainOptions {
  readonly organization_id: string
  /** Public keys by the signers' ids. */
  readonly signers: ReadonlyMap<string, string>
  /** The point up to which events were removed by age. */
  readonly retired?: RetiredPoint | undefined
}

/** The last event that was removed for its age, and the head of the chain there. */
export interface RetiredPoint {
  readonly through_number: number
  readonly head: Buffer
}

/** Checks segments in the order of their numbers and collects problems: pure. */
export function createChainCheck({ organization_id, signers, retired }: ChainOptions) {
  const sums = { segments: 0, events: 0, erased: 0 }
  const problems: Problem[] = []
  let before: Link =
    retired === undefined
      ? { next_number: 1, epoch: 0, head: genesis }
      : { next_number: retired.through_number + 1, epoch: 0, head: retired.head }
  let is_retirement_sealed = false
  let last: SegmentRow | undefined

  const say: Say = (problem, segment, message) => {
    if (problems.length < problems_max) problems.push({ problem, segment, message })
  }
  const coverage = createCoverage(say)

  return {
    take(segment: SegmentRow, entries: ReadonlyMap<string, EntryRow>): void {
      checkLink(segment, before, { organization_id, say })
      checkSignature(segment, signers, say)
      const parts = coverage.take(segment, entries)
      sums.erased += checkEvents(segment, { organization_id, say, parts })
      is_retirement_sealed ||= parts.some(({ events }) => events.some((event) => isRetirement(event, retired)))
      sums.segments += 1
      sums.events += segment.event_count
      before = { ...segment, next_number: segment.first_number + segment.event_count }
      last = segment
    },

    /** Compares with the stored end of the chain. */
    end({ next_number, head }: { readonly next_number: number; readonly head: Buffer | null }): void {
      const at = last?.first_number ?? 0
      coverage.close(at)
      if (next_number !== before.next_number)
        say('missing', at, `The chain ends at event ${before.next_number - 1}, but its head says ${next_number - 1}.`)
      else if (head !== null && !head.equals(before.head))
        say('chain', at, 'The last head does not match the last segment.')
    },

    /** The removal of old events must be an event of the chain itself; that event may still wait for its number. */
    checkRetirement(unsealed: readonly EntryRow[]): void {
      const isTold = (entry: EntryRow): boolean =>
        decodeRow(entry)?.some((event) => isRetirement(event, retired)) ?? false
      if (retired !== undefined && !is_retirement_sealed && !unsealed.some(isTold))
        say('retired', 0, `Events up to ${retired.through_number} are missing, and no event records their removal.`)
    },

    /** Compares with the number of entries that must have been sealed. */
    countEntries(sealedCount: number): void {
      const storedCount = coverage.entries()
      if (sealedCount !== storedCount)
        say('missing', 0, `${sealedCount} entries should be sealed, but the segments have ${storedCount}.`)
    },

    found(): ChainFindings {
      const { segments, events, erased: erased_payloads } = sums
      const valid = problems.length === 0
      return { valid, segments, events, erased_payloads, ...endOfChain(last, signers), problems }
    },
  }
}

function isRetirement({ type, data }: StoredEvent, retired: RetiredPoint | undefined): boolean {
  return (
    type === 'journal.retired' &&
    data?.through_number === retired?.through_number &&
    data?.head === retired?.head.toString('hex')
  )
}

/** The values that the next segment must continue. */
interface Link {
  readonly next_number: number
  readonly epoch: number
  readonly head: Buffer
}

function checkLink(segment: SegmentRow, before: Link, { organization_id, say }: { organization_id: string; say: Say }) {
  const { first_number, epoch, previous_head, head } = segment
  if (first_number !== before.next_number)
    say('gap', first_number, `It starts at event ${first_number}; expected event ${before.next_number}.`)
  if (epoch < before.epoch)
    say('epoch', first_number, `Its epoch ${epoch} is older than the epoch ${before.epoch} before it.`)
  if (!previous_head.equals(before.head)) say('chain', first_number, 'It is not linked to the segment before it.')
  if (!headOf({ ...segment, organization_id }).equals(head))
    say('chain', first_number, 'Its head does not follow from its number, count, root and predecessor.')
}

function checkSignature(
  { first_number, signer, head, signature }: SegmentRow,
  signers: ChainOptions['signers'],
  say: Say,
) {
  const public_key = signers.get(signer)
  if (public_key === undefined) say('signature', first_number, `Unknown signer ${signer}.`)
  else if (!signatureHolds(public_key, head, signature))
    say('signature', first_number, 'Its signature does not match its signer.')
}

/** The events of a segment that exist. */
interface FoundPart {
  readonly at: string
  readonly events: readonly StoredEvent[]
}

/** Recomputes the Merkle root. Returns how many payloads were erased. */
function checkEvents(
  { first_number, event_count, merkle_root }: SegmentRow,
  { organization_id, say, parts }: { organization_id: string; say: Say; parts: readonly FoundPart[] },
): number {
  const leaves = parts.flatMap(({ at, events }) => events.map((event) => leafOf(organization_id, at, event)))
  if (leaves.length !== event_count)
    say('missing', first_number, `It should have ${event_count} events, but has ${leaves.length}.`)
  else if (!merkleRoot(leaves).equals(merkle_root))
    say('root', first_number, 'An event was changed or replaced after it was sealed.')
  return parts.reduce((sum, { events }) => sum + events.filter((event) => event.data_digest !== undefined).length, 0)
}

/** Follows entries across segments: each is sealed from its first event to its last, without a gap. */
function createCoverage(say: Say) {
  let entries = 0
  let open: OpenEntry | undefined

  function close(segment: number): void {
    if (open?.length !== undefined)
      say('leaf', segment, `Entry ${open.id} has ${open.length} events, but ${open.next} were sealed.`)
    open = undefined
  }

  function take([entry_id, from, count]: Part, segment: number, events: readonly StoredEvent[] | undefined): void {
    if (open !== undefined && (open.id !== entry_id || open.next !== from)) close(segment)
    if (open === undefined) {
      entries += 1
      if (from !== 0) say('leaf', segment, `Entry ${entry_id} starts at event ${from}.`)
    }
    const next = from + count
    open = next === events?.length ? undefined : { id: entry_id, next, length: events?.length }
  }

  return {
    close,
    entries: () => entries,
    take({ first_number, parts }: SegmentRow, rows: ReadonlyMap<string, EntryRow>): readonly FoundPart[] {
      return parts.map((part): FoundPart => {
        const [entry_id, from, count] = part
        const row = rows.get(entry_id)
        const events = row && decodeRow(row)
        if (row === undefined) say('missing', first_number, `Entry ${entry_id} is missing.`)
        else if (events === undefined) say('leaf', first_number, `Entry ${entry_id} cannot be read.`)
        take(part, first_number, events)
        return { at: row?.at ?? '', events: events?.slice(from, from + count) ?? [] }
      })
    },
  }
}

interface OpenEntry {
  readonly id: string
  readonly next: number
  /** Undefined where the entry is gone or cannot be read. */
  readonly length: number | undefined
}

function decodeRow({ id, events }: EntryRow): StoredEvent[] | undefined {
  try {
    return decodeEntry(id, events)
  } catch {
    return undefined
  }
}

/** The head of the last segment, and the key that its signature is checked with. */
function endOfChain(
  last: SegmentRow | undefined,
  signers: ChainOptions['signers'],
): Pick<ChainFindings, 'head' | 'public_key'> {
  const public_key = last && signers.get(last.signer)
  return { ...(last && { head: headFacts(last) }), ...(public_key !== undefined && { public_key }) }
}

function headFacts({ first_number, event_count, head, signature, sealed_at }: SegmentRow) {
  return {
    segment: first_number,
    last_number: first_number + event_count - 1,
    sha256: head.toString('hex'),
    signature: signature.toString('base64url'),
    sealed_at,
  }
}
