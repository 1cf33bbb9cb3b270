import type { JournalVerified } from '@muster/contract/shapes/journal'
import { decodeEntry, type EncodedEntry } from './encoding.ts'
import type { StoredEvent } from './events.ts'
import { genesis, headOf, leafOf, merkleRoot, signatureHolds } from './seal.ts'
import type { Part } from './segments.ts'

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
export type ChainFindings = Omit<JournalVerified, 'unsealed' | 'cannot_see'>

/** After this many problems the rest is not told: one broken link breaks all behind it. */
const problems_max = 100

/** Checks segments one after the other, in the order of their numbers, and keeps what it found. Does no input or output. */
export function createChainCheck({
  organization_id,
  signers,
}: {
  organization_id: string
  signers: ReadonlyMap<string, string>
}) {
  const state = { segments: 0, events: 0, erased: 0, entries: 0, epoch: 0, next_number: 1, head: genesis }
  const problems: Problem[] = []
  let last: SegmentRow | undefined
  let open: OpenEntry | undefined

  const say = (problem: Problem['problem'], segment: number, message: string): void => {
    if (problems.length < problems_max) problems.push({ problem, segment, message })
  }

  function checkLink(segment: SegmentRow): void {
    const { first_number, epoch, previous_head, head, signer, signature } = segment
    if (first_number !== state.next_number)
      say('gap', first_number, `It begins with event ${first_number}, and event ${state.next_number} is next.`)
    if (epoch < state.epoch)
      say('epoch', first_number, `Its epoch ${epoch} is older than ${state.epoch}, which came before.`)
    if (!previous_head.equals(state.head)) say('chain', first_number, 'It is not linked to the segment before it.')
    if (!headOf({ ...segment, organization_id }).equals(head))
      say('chain', first_number, 'Its head does not follow from its number, count, root and predecessor.')
    const public_key = signers.get(signer)
    if (public_key === undefined) say('signature', first_number, `Nobody knows the signer ${signer}.`)
    else if (!signatureHolds(public_key, head, signature))
      say('signature', first_number, 'Its signature is not that of its signer.')
  }

  /** The events that the segment names, as far as they are there. An entry goes on from segment to segment without a gap. */
  function checkEvents(
    { first_number, event_count, parts, merkle_root }: SegmentRow,
    entries: ReadonlyMap<string, EntryRow>,
  ): void {
    const leaves: Buffer[] = []
    for (const [entry_id, from, count] of parts) {
      const row = entries.get(entry_id)
      const events = row === undefined ? undefined : decoded(row)
      if (row === undefined) say('missing', first_number, `The entry ${entry_id} is gone.`)
      else if (events === undefined) say('leaf', first_number, `The entry ${entry_id} cannot be read.`)
      if (open !== undefined && (open.id !== entry_id || open.next !== from)) closeEntry(first_number)
      if (open === undefined) state.entries += 1
      if (open === undefined && from !== 0)
        say('leaf', first_number, `The entry ${entry_id} begins with event ${from}.`)
      open = { id: entry_id, next: from + count, length: events?.length }
      if (open.next === open.length) open = undefined
      for (const event of events?.slice(from, from + count) ?? []) {
        leaves.push(leafOf(organization_id, row?.at ?? '', event))
        if (event.data_digest !== undefined) state.erased += 1
      }
    }
    const is_whole = leaves.length === event_count
    if (!is_whole) say('missing', first_number, `It holds ${event_count} events, and ${leaves.length} are there.`)
    else if (!merkleRoot(leaves).equals(merkle_root))
      say('root', first_number, 'An event was changed after it was sealed, or it is another one.')
  }

  function closeEntry(segment: number): void {
    if (open?.length !== undefined)
      say('leaf', segment, `Of entry ${open.id} ${open.length} events are there, and ${open.next} were sealed.`)
    open = undefined
  }

  return {
    take(segment: SegmentRow, entries: ReadonlyMap<string, EntryRow>): void {
      checkLink(segment)
      checkEvents(segment, entries)
      state.segments += 1
      state.events += segment.event_count
      state.epoch = segment.epoch
      state.next_number = segment.first_number + segment.event_count
      state.head = segment.head
      last = segment
    },

    /** Compares with where the chain is said to end. */
    end({ next_number, head }: { readonly next_number: number; readonly head: Buffer | null }): void {
      closeEntry(last?.first_number ?? 0)
      if (next_number !== state.next_number)
        say(
          'missing',
          state.next_number,
          `The chain ends with event ${state.next_number - 1}, and its head says ${next_number - 1}.`,
        )
      else if (head !== null && !head.equals(state.head))
        say('chain', last?.first_number ?? 0, 'The last head is not that of the last segment.')
    },

    /** Compares with how many entries there are that must have been sealed. */
    countEntries(sealed: number): void {
      if (sealed !== state.entries)
        say('missing', 0, `${sealed} entries lie before the sequencer’s cursor, and segments hold ${state.entries}.`)
    },

    found(): ChainFindings {
      const { segments, events, erased } = state
      const public_key = last && signers.get(last.signer)
      return {
        valid: problems.length === 0,
        segments,
        events,
        erased_payloads: erased,
        ...(last && { head: headFacts(last) }),
        ...(public_key !== undefined && { public_key }),
        problems,
      }
    },
  }
}

interface OpenEntry {
  readonly id: string
  readonly next: number
  /** Undefined where the entry is gone or cannot be read. */
  readonly length: number | undefined
}

function decoded({ id, events }: EntryRow): StoredEvent[] | undefined {
  try {
    return decodeEntry(id, events)
  } catch {
    return undefined
  }
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
