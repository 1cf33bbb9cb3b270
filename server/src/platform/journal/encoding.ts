import type { EventType } from '@muster/contract/events'
import { invariant } from '../errors.ts'
import { type Principal, principalName } from '../principal.ts'
import type { NewEvent, StoredEvent } from './events.ts'

type Subject = readonly [
  project_id: string | null,
  goal_id: string | null,
  task_id: string | null,
  run_id: string | null,
]
type Row = readonly [type: EventType, actor: number, subject: number, payload?: Payload]

interface Payload {
  readonly data?: Readonly<Record<string, unknown>>
  readonly salt?: string
  readonly data_digest?: string
}

/** The JSON of an entry: actors and subjects once, since the events of one transaction share most of them. */
export interface EncodedEntry {
  readonly actors: readonly Principal[]
  readonly subjects: readonly Subject[]
  readonly rows: readonly Row[]
}

/** Events as an entry's JSON. An event's id is its place in the entry and so is not stored. */
export function encodeEntry(events: readonly NewEvent[], newSalt: () => string): EncodedEntry {
  const actors = dictionary<Principal>()
  const subjects = dictionary<Subject>()
  const rows = events.map(
    ({ type, actor, project_id = null, goal_id = null, task_id = null, run_id = null, data }): Row => {
      const by = actors.position(principalName(actor), actor)
      const about = subjects.position(run_id ?? `${project_id} ${goal_id} ${task_id}`, [
        project_id,
        goal_id,
        task_id,
        run_id,
      ])
      return data === undefined ? [type, by, about] : [type, by, about, { data, salt: newSalt() }]
    },
  )
  return { actors: actors.items, subjects: subjects.items, rows }
}

export function decodeEntry(entry_id: string, { actors, subjects, rows }: EncodedEntry): StoredEvent[] {
  return rows.map(([type, by, about, payload], position) => {
    const actor = actors[by]
    const subject = subjects[about]
    invariant(actor && subject, `journal entry ${entry_id} is damaged at event ${position}`)
    const [project_id, goal_id, task_id, run_id] = subject
    return {
      id: eventId(entry_id, position),
      type,
      actor,
      project_id: project_id ?? undefined,
      goal_id: goal_id ?? undefined,
      task_id: task_id ?? undefined,
      run_id: run_id ?? undefined,
      ...payload,
    }
  })
}

const places = 0xff_ffff

/** The id of an event: its entry's, whose last three bytes are kept free for the place. */
export function eventId(entry_id: string, position: number): string {
  invariant(position <= places, 'a transaction may record at most 16 million events')
  return entry_id.slice(0, -6) + position.toString(16).padStart(6, '0')
}

/** The entry that holds an event. */
export const entryIdOf = (event_id: string): string => eventId(event_id, 0)

/** The event's place in its entry. */
export const positionInEntry = (event_id: string): number => Number.parseInt(event_id.slice(-6), 16)

function dictionary<T>() {
  const items: T[] = []
  const positions = new Map<string, number>()
  return {
    items,
    position(key: string, item: T): number {
      let position = positions.get(key)
      if (position === undefined) {
        position = items.push(item) - 1
        positions.set(key, position)
      }
      return position
    },
  }
}
