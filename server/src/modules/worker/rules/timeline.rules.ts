/** Makes the timeline of a run: pure. */
import type { EventType } from '@muster/contract/events'
import type { Actor } from '@muster/contract/platform/actors'
import type { CommitFacts, PlanFacts, QuestionFacts, RunFacts } from '../run-details.types.ts'

export interface TimelineFacts {
  readonly run: RunFacts
  readonly plan: PlanFacts | undefined
  readonly verdicts: readonly { readonly at: string }[]
  readonly questions: readonly QuestionFacts[]
  readonly commit: CommitFacts | undefined
  /** Sealed events of the task, oldest first, as far as they were read. */
  readonly sealedEvents: readonly SealedEvent[]
}

export interface SealedEvent {
  readonly number: number
  readonly type: EventType
  readonly at: string
  readonly actor: Actor
  readonly run_id?: string | undefined
  readonly data: unknown
}

export interface Moment {
  readonly at: string
  readonly event: EventType
  readonly number?: number
  readonly actor?: Actor
  readonly run_id?: string
  readonly approval_id?: string
}

/**
 * Rows show what happened also before it is sealed; the journal adds numbers, and events without a row (claimed,
 * snoozed, withdrawn). Events of other runs of the task are left out.
 */
export function timelineOf(facts: TimelineFacts): readonly Moment[] {
  const moments = momentsOf(facts)
  const own = facts.sealedEvents.filter((event) => isOwn(event, facts))
  const eventsByKey = new Map<string, SealedEvent[]>()
  for (const event of own) eventsByKey.set(keyOf(event), [...(eventsByKey.get(keyOf(event)) ?? []), event])
  const numberedMoments = moments.map((moment): Moment => {
    const event = eventsByKey.get(keyOf({ ...moment, type: moment.event }))?.shift()
    // Events of one transaction have the journal's time, and their order by number.
    return event ? { ...moment, at: event.at, number: event.number, actor: moment.actor ?? event.actor } : moment
  })
  const further = [...eventsByKey.values()].flat().map((event): Moment => {
    const approval_id = approvalOf(event)
    return {
      at: event.at,
      event: event.type,
      number: event.number,
      actor: event.actor,
      ...(event.run_id !== undefined && { run_id: event.run_id }),
      ...(approval_id !== undefined && { approval_id }),
    }
  })
  return [...numberedMoments, ...further].toSorted(byTime)
}

/** The order of events of the same time; the end of the task comes last. */
const order: readonly string[] = [
  'goal.',
  'task.ready',
  'task.started',
  'task.reported',
  'task.judged',
  'task.waiting',
  'approval.opened',
  'approval.',
  'state.committed',
]

function byTime(one: Moment, other: Moment): number {
  const times = Date.parse(one.at) - Date.parse(other.at)
  if (times !== 0) return times
  if (one.number !== undefined && other.number !== undefined) return one.number - other.number
  return positionOf(one) - positionOf(other)
}

function positionOf({ event }: Moment): number {
  const scope = order.findIndex((begin) => event.startsWith(begin))
  return scope < 0 ? order.length : scope
}

function momentsOf({ run, plan, verdicts, questions, commit }: TimelineFacts): Moment[] {
  const run_id = run.id
  const planEvent = run.revision > 1 ? 'goal.replanned' : 'goal.planned'
  const wasReady = run.task_ready_at !== null && Date.parse(run.task_ready_at) <= Date.parse(run.started_at)
  return [
    ...(plan ? [{ at: plan.created_at, event: planEvent, actor: plan.created_by } as const] : []),
    ...(wasReady ? [{ at: run.task_ready_at ?? '', event: 'task.ready' } as const] : []),
    { at: run.started_at, event: 'task.started', actor: { kind: 'agent', id: run.agent_id }, run_id },
    ...endOf(run),
    ...verdicts.map(({ at }) => ({ at, event: 'task.judged', run_id }) as const),
    ...questions.flatMap(askedOf),
    ...(commit
      ? [{ at: committedAt(commit, verdicts), event: 'state.committed', actor: commit.committed_by, run_id } as const]
      : []),
    ...taskEndOf(run),
  ]
}

/** A verdict that commits is written in the same transaction, a moment after what it commits. */
function committedAt({ committed_at }: CommitFacts, verdicts: TimelineFacts['verdicts']): string {
  const judgedAt = verdicts.at(-1)?.at ?? committed_at
  return Date.parse(judgedAt) > Date.parse(committed_at) ? judgedAt : committed_at
}

function endOf({ id: run_id, status, ended_at }: RunFacts): Moment[] {
  if (ended_at === null) return []
  if (status === 'finished') return [{ at: ended_at, event: 'task.reported', run_id }]
  return status === 'lost' ? [{ at: ended_at, event: 'task.lease_lost', run_id }] : []
}

function askedOf({ approval_id, status, created_at, effective_at, answers }: QuestionFacts): Moment[] {
  return [
    { at: created_at, event: 'approval.opened', approval_id },
    ...(answers ?? []).flatMap(({ at, by, revoked_at }): Moment[] => [
      { at, event: 'approval.answered', actor: by, approval_id },
      ...(revoked_at === null ? [] : [{ at: revoked_at, event: 'approval.revoked', actor: by, approval_id } as const]),
    ]),
    ...(status === 'applied' && effective_at !== null
      ? [{ at: effective_at, event: 'approval.applied', approval_id } as const]
      : []),
  ]
}

const ends = {
  done: 'task.done',
  failed: 'task.failed',
  rejected: 'task.rejected',
  skipped: 'task.skipped',
  cancelled: 'task.cancelled',
} as const

/** How the task ended belongs to its last run. */
function taskEndOf({ task_status, task_ended_at, is_overtaken }: RunFacts): Moment[] {
  const [, event] = Object.entries(ends).find(([status]) => status === task_status) ?? []
  return task_ended_at === null || is_overtaken || event === undefined ? [] : [{ at: task_ended_at, event }]
}

function isOwn(event: SealedEvent, { run, questions }: TimelineFacts): boolean {
  const approval_id = approvalOf(event)
  if (approval_id !== undefined) return questions.some((one) => one.approval_id === approval_id)
  if (event.type in by_task) return !run.is_overtaken && (event.run_id ?? run.id) === run.id
  return event.run_id === run.id || (event.type === 'task.ready' && Date.parse(event.at) <= Date.parse(run.started_at))
}

const by_task = Object.fromEntries(Object.values(ends).map((type) => [type, true]))

function approvalOf({ type, data }: Pick<SealedEvent, 'type' | 'data'>): string | undefined {
  if (!type.startsWith('approval.')) return undefined
  const names = typeof data === 'object' && data !== null && 'approval_id' in data
  return names && typeof data.approval_id === 'string' ? data.approval_id : undefined
}

/** The key by which a row and its event are matched; a task has one end, whichever run it names. */
function keyOf(event: {
  readonly type: EventType
  readonly run_id?: string | undefined
  readonly approval_id?: string | undefined
  readonly data?: unknown
}): string {
  const { type, data = null } = event
  if (type in by_task || type === 'task.ready') return type
  return `${type} ${event.approval_id ?? approvalOf({ type, data }) ?? event.run_id ?? ''}`
}
