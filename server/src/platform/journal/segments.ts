import { limits } from '@muster/contract/limits'
import type { StoredEvent } from './events.ts'
import { genesis, headOf, leafOf, merkleRoot, type SegmentFacts, type Signer } from './seal.ts'

/** A journal entry as its row has it: the events of one transaction in one organization. */
export interface Entry {
  readonly organization_id: string
  readonly id: string
  readonly xid: string
  readonly at: string
  readonly events: readonly StoredEvent[]
}

/** A part of a segment: an entry, the index of its first event in the segment, and how many. */
export type Part = readonly [entry_id: string, from: number, count: number]

/** The end of an organization's chain. */
export interface Head {
  readonly next_number: number
  readonly head: Buffer
}

export const first_head: Head = { next_number: 1, head: genesis }

export interface Segment extends SegmentFacts {
  readonly parts: readonly Part[]
  readonly subject_ids: readonly string[]
  readonly head: Buffer
  readonly signature: Buffer
}

interface Slice {
  readonly entry: Entry
  readonly from: number
  readonly count: number
}

export interface SegmentsOptions {
  readonly epoch: number
  readonly signer: Signer
  /** The ends of the chains; an organization that is not there has none yet. */
  readonly heads: ReadonlyMap<string, Head>
}

/** Numbers entries, which come in the order of their transactions, and chains and signs them as segments. */
export function segmentsOf(entries: readonly Entry[], { epoch, signer, heads }: SegmentsOptions): readonly Segment[] {
  const segments: Segment[] = []
  for (const [organization_id, own] of byOrganization(entries)) {
    let head = heads.get(organization_id) ?? first_head
    for (const slices of helpings(own)) {
      const segment = segmentOf(slices, { organization_id, epoch, signer, head })
      segments.push(segment)
      head = headAfter(segment)
    }
  }
  return segments
}

export function headAfter({ first_number, event_count, head }: Segment): Head {
  return { next_number: first_number + event_count, head }
}

function segmentOf(
  slices: readonly Slice[],
  options: {
    readonly organization_id: string
    readonly epoch: number
    readonly signer: Signer
    readonly head: Head
  },
): Segment {
  const { organization_id, epoch, signer, head } = options
  const leaves: Buffer[] = []
  const subjects = new Set<string>()
  for (const { entry, from, count } of slices)
    for (const event of entry.events.slice(from, from + count)) {
      leaves.push(leafOf(organization_id, entry.at, event))
      if (event.goal_id !== undefined) subjects.add(event.goal_id)
      if (event.project_id !== undefined) subjects.add(event.project_id)
    }
  const facts: SegmentFacts = {
    organization_id,
    epoch,
    first_number: head.next_number,
    event_count: leaves.length,
    merkle_root: merkleRoot(leaves),
    previous_head: head.head,
  }
  const next = headOf(facts)
  const parts = slices.map(({ entry, from, count }): Part => [entry.id, from, count])
  return { ...facts, parts, subject_ids: [...subjects], head: next, signature: signer.sign(next) }
}

function byOrganization(entries: readonly Entry[]): Map<string, Entry[]> {
  const groups = new Map<string, Entry[]>()
  for (const entry of entries) {
    const group = groups.get(entry.organization_id)
    if (group) group.push(entry)
    else groups.set(entry.organization_id, [entry])
  }
  return groups
}

/** Cuts an organization's entries into segments of at most `journal_segment_events` events each. */
function helpings(entries: readonly Entry[]): Slice[][] {
  const all: Slice[][] = []
  let current: Slice[] = []
  let room: number = limits.journal_segment_events
  for (const entry of entries) {
    for (let from = 0; from < entry.events.length; ) {
      const count = Math.min(room, entry.events.length - from)
      current.push({ entry, from, count })
      from += count
      room -= count
      if (room > 0) continue
      all.push(current)
      current = []
      room = limits.journal_segment_events
    }
  }
  if (current.length > 0) all.push(current)
  return all
}
