import type { streamEvents } from '@muster/contract/dashboard/operations'
import type { Event } from '@muster/contract/events'
import type { ResponseData } from '../http/route.ts'
import type { JournalEvent } from '../journal/events.ts'

/** An event as lists and feeds give it. */
export type WireEvent = ResponseData<typeof streamEvents>

/** The event's agent: the one in its data where another actor acted on it, else the one that acted. */
export function presentEvent({ data, ...event }: JournalEvent): WireEvent {
  const { agent_id } = data
  const agent = typeof agent_id === 'string' ? agent_id : event.actor.kind === 'agent' ? event.actor.id : undefined
  const { project_id, goal_id, task_id, run_id, number, id, type, at, organization_id, actor } = event
  return {
    number,
    id,
    type,
    at,
    organization_id,
    ...(project_id !== undefined && { project_id }),
    ...(goal_id !== undefined && { goal_id }),
    ...(task_id !== undefined && { task_id }),
    ...(run_id !== undefined && { run_id }),
    ...(agent !== undefined && { agent_id: agent }),
    actor,
    // It was JSON when it was recorded.
    data: data as Event['data'],
  }
}

const texts = new WeakMap<JournalEvent, string>()

/** The same as JSON text, made once however many connections it goes to. */
export function textOf(event: JournalEvent): string {
  let text = texts.get(event)
  if (text === undefined) {
    text = JSON.stringify(presentEvent(event))
    texts.set(event, text)
  }
  return text
}
