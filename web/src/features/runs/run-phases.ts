import type { TimelineEntry } from '@muster/contract/worker/run-details'

export const phases = ['plan', 'wait', 'work', 'judge', 'approval', 'commit'] as const
export type PhaseName = (typeof phases)[number]

export interface Phase {
  readonly name: PhaseName
  readonly from: string
  /** Absent: it lasts until now. */
  readonly to?: string
}

/** What begins a phase, and what ends whichever one lasts. */
const begins: Readonly<Record<string, PhaseName>> = {
  'goal.planned': 'plan',
  'goal.replanned': 'plan',
  'task.ready': 'wait',
  'task.started': 'work',
  'task.reported': 'judge',
  'approval.opened': 'approval',
}
/** After these nothing goes on for this run. */
const ends: ReadonlySet<string> = new Set([
  'state.committed',
  'task.returned',
  'task.lease_lost',
  'task.conflicted',
  'task.done',
  'task.failed',
  'task.rejected',
  'task.skipped',
  'task.cancelled',
  'approval.withdrawn',
  'approval.expired',
])

/**
 * A run's timeline as phases, one after the other: planned, waiting for an agent, worked on, judged, waiting for a person,
 * committed. What a verdict or an answer leads to is committed until it is, or until the task goes elsewhere.
 */
export function phasesOf(timeline: readonly TimelineEntry[]): readonly Phase[] {
  const phases: Phase[] = []
  let open: { readonly name: PhaseName; readonly from: string } | undefined
  const close = (to: string): void => {
    if (open !== undefined) phases.push({ ...open, to })
    open = undefined
  }
  for (const [at, entry] of timeline.entries()) {
    const name = begins[entry.event] ?? (leadsToCommit(timeline, at) ? 'commit' : undefined)
    if (name !== undefined && name !== open?.name) {
      close(entry.at)
      open = { name, from: entry.at }
    } else if (ends.has(entry.event)) close(entry.at)
  }
  if (open !== undefined) phases.push(open)
  return phases
}

export interface Span {
  readonly name: PhaseName
  readonly from_ms: number
  readonly took_ms: number
  readonly is_open: boolean
}

/** The phases as milliseconds since 1970; one that has not ended lasts until now. */
export function spansOf(phases: readonly Phase[], now_ms: number): readonly Span[] {
  return phases.map(({ name, from, to }) => {
    const from_ms = Date.parse(from)
    const took_ms = Math.max(0, (to === undefined ? now_ms : Date.parse(to)) - from_ms)
    return { name, from_ms, took_ms, is_open: to === undefined }
  })
}

/** Whether a commit follows this verdict or answer before anything else is asked or tried. */
function leadsToCommit(timeline: readonly TimelineEntry[], at: number): boolean {
  const { event } = timeline[at] as TimelineEntry
  if (event !== 'task.judged' && event !== 'approval.applied') return false
  const next = timeline
    .slice(at + 1)
    .find(
      ({ event: later }) => later === 'state.committed' || later === 'task.done' || later in begins || ends.has(later),
    )
  return next?.event === 'state.committed' || next?.event === 'task.done'
}
