import { z } from 'zod'
import { goalId, projectId } from '../ids.ts'
import { severities } from '../projects/checks.ts'
import { type Data, timestamp } from '../values.ts'

/** What needs a person's attention, the gravest kinds first. */
export const attentionKinds = [
  'stop',
  'unworked_queue',
  'budget_closed',
  'approval_past_due',
  'goal_needs_plan',
  'agent_offline_with_work',
  'goal_failed',
  'approval_due_soon',
  'conflicts',
  'task_failed',
] as const
export type AttentionKind = (typeof attentionKinds)[number]

export const attention = z.object({
  kind: z.enum(attentionKinds),
  severity: z.enum(severities),
  subject_kind: z.enum(['organization', 'project', 'agent', 'goal', 'task', 'approval', 'budget', 'queue']),
  subject_id: z.string().describe('An id; of a queue its name.'),
  project_id: projectId.optional(),
  goal_id: goalId.optional(),
  title: z.string(),
  since: timestamp,
  remedy: z.string().describe('The command that mends it, or what has to happen.'),
})
export type Attention = Data<z.output<typeof attention>>
