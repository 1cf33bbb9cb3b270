import { z } from 'zod'
import { eventsByModule } from './gathered/events.ts'
import { agentId, eventId, goalId, organizationId, projectId, runId, taskId } from './ids.ts'
import { actor } from './platform/actors.ts'
import { merge } from './platform/merge.ts'
import { keysOf } from './platform/objects.ts'
import { type Data, json, timestamp } from './values.ts'

/** The shape of `data` by the type of the event. An erased payload is `{"erased":true}` instead. */
export const eventData = merge(eventsByModule)

export type EventType = keyof typeof eventData
/** Every type of event that the journal can hold. */
export const eventTypes = keysOf(eventData)
/** One of the types of events. */
export const eventType = z.enum(eventTypes)

/** What a type begins with: `goal.created` is of the family `goal`. */
export type EventFamily = EventType extends `${infer Family}.${string}` ? Family : never

/** The family that a type belongs to. */
export function familyOf(type: EventType): EventFamily {
  // The template type above says the same.
  return type.slice(0, type.indexOf('.')) as EventFamily
}

/** All families of types, each once. */
export const eventFamilies: readonly EventFamily[] = [...new Set(eventTypes.map(familyOf))]

const filtered = { agent: ['agent'], task: ['task'], hitl: ['approval'], artifact: ['artifact'] } as const

/** The filters of the live feeds, each with the families that it lets through: `workflow` is whatever no other has. */
export const feedFilters = {
  ...filtered,
  workflow: eventFamilies.filter((family) => !Object.values(filtered).some(([own]) => own === family)),
} as const satisfies Readonly<Record<string, readonly EventFamily[]>>

export type FeedFilter = keyof typeof feedFilters
/** The names of the filters. */
export const feedFilterNames = keysOf(feedFilters)
/** One of the filters of the live feeds. */
export const feedFilter = z.enum(feedFilterNames)

/** The filter that lets a type through; there is one for each. */
export function feedFilterOf(type: EventType): FeedFilter {
  const family = familyOf(type)
  return feedFilterNames.find((name) => feedFilters[name].some((own) => own === family)) ?? 'workflow'
}

/** One row of the journal, as feeds and lists give it. `data` holds ids and small facts, never content. */
export const event = z.object({
  number: z.int().min(1).describe('Rises by one in each organization; the cursor of every feed.'),
  id: eventId,
  type: eventType,
  at: timestamp,
  organization_id: organizationId,
  project_id: projectId.optional(),
  goal_id: goalId.optional(),
  task_id: taskId.optional(),
  run_id: runId.optional(),
  agent_id: agentId.optional(),
  actor,
  data: json(),
})
export type Event = Data<z.output<typeof event>>
