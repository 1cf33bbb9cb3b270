import { z } from 'zod'
import { agentId, eventId, goalId, organizationId, projectId, runId, taskId } from './ids.ts'
import { actor } from './shapes/actors.ts'
import { type Data, json, timestamp } from './values.ts'

/** Event types by family. The families are the filters of the live feeds; no type is in two of them. */
export const eventFamilies = {
  agent: ['agent.created', 'agent.changed', 'agent.paused', 'agent.resumed', 'agent.retired', 'agent.presence'],
  task: [
    'task.ready',
    'task.started',
    'task.reported',
    'task.judged',
    'task.returned',
    'task.waiting',
    'task.done',
    'task.failed',
    'task.rejected',
    'task.skipped',
    'task.cancelled',
    'task.lease_lost',
    'task.conflicted',
  ],
  hitl: [
    'approval.opened',
    'approval.claimed',
    'approval.snoozed',
    'approval.answered',
    'approval.revoked',
    'approval.applied',
    'approval.expired',
    'approval.withdrawn',
  ],
  artifact: ['artifact.created', 'artifact.versioned'],
  workflow: [
    'goal.created',
    'goal.planned',
    'goal.replanned',
    'goal.started',
    'goal.paused',
    'goal.resumed',
    'goal.done',
    'goal.failed',
    'goal.cancelled',
    'project.created',
    'project.changed',
    'project.paused',
    'project.resumed',
    'state.committed',
    'policy.changed',
    'stop.raised',
    'stop.lifted',
    'budget.changed',
    'budget.warned',
    'budget.closed',
    'provider.created',
    'provider.changed',
    'provider.removed',
    'model.created',
    'model.changed',
    'model.removed',
    'key.created',
    'key.revoked',
    'journal.retired',
    'key.recovered',
  ],
} as const

export type EventFamily = keyof typeof eventFamilies
export type EventType = (typeof eventFamilies)[EventFamily][number]

export const families = Object.keys(eventFamilies) as [EventFamily, ...EventFamily[]]
export const eventFamily = z.enum(families)

export const eventTypes = Object.values(eventFamilies).flat() as [EventType, ...EventType[]]
export const eventType = z.enum(eventTypes)

/** The family that a type belongs to. */
export function familyOf(type: EventType): EventFamily {
  const family = familyByType.get(type)
  if (family === undefined) throw new Error(`no family has the event type ${type}`)
  return family
}

const familyByType = new Map<EventType, EventFamily>(
  families.flatMap((family) => eventFamilies[family].map((type): [EventType, EventFamily] => [type, family])),
)

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
