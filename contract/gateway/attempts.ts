import { z } from 'zod'
import { agentId, attemptId, goalId, keyId, projectId, runId, taskId } from '../ids.ts'
import { listOf, listQuery, queryChoices } from '../lists.ts'
import { platformLimits } from '../platform/limits.ts'
import { count, type Data, microUsd, name, text, timestamp } from '../values.ts'

/** How an attempt ended. `ok` and `client_gone` aside, each is a failure whose handling docs/how-to/models.md tells. */
export const attemptOutcomes = [
  'ok',
  'unreachable',
  'connect_timeout',
  'first_token_timeout',
  'idle_timeout',
  'total_timeout',
  'rate_limited',
  'overloaded',
  'refused',
  'denied',
  'broken',
  'malformed',
  'over_long',
  'client_gone',
  'lost',
] as const
export type AttemptOutcome = (typeof attemptOutcomes)[number]

/**
 * The tokens of one attempt, each counted once: input by how it was cached, and output; `reasoning` is a part of
 * `output`.
 */
export const tokenUsage = z.object({
  uncached: count,
  cache_read: count,
  cache_write: count,
  output: count,
  reasoning: count,
})

/** One request to one provider, and what it cost. */
export const attempt = z.object({
  id: attemptId,
  call_id: z.string().describe('The same for all attempts of one call.'),
  number: z.int().min(1).describe('Which attempt of its call.'),
  request_id: z.string(),
  key_id: keyId.optional(),
  project_id: projectId.optional(),
  goal_id: goalId.optional(),
  agent_id: agentId.optional(),
  run_id: runId.optional().describe('The run that called, where one did.'),
  task_id: taskId.optional(),
  wire: z
    .enum(['chat', 'embeddings', 'messages', 'responses', 'completions', 'several'])
    .describe('Several: what a process that was killed may have called; its outcome is lost.'),
  streamed: z.boolean(),
  model: z.string(),
  model_version: count,
  provider: z.string(),
  provider_model: z.string(),
  status: z.enum(['live', 'done', 'failed']),
  outcome: z.enum(attemptOutcomes).optional(),
  http_status: z.int().optional(),
  tokens: tokenUsage,
  usage_known: z.boolean().describe('False: what was held was charged.'),
  held_micro_usd: microUsd,
  held_tokens: count,
  cost_micro_usd: microUsd,
  charged_tokens: count,
  started_at: timestamp,
  first_token_ms: count.optional(),
  total_ms: count.optional(),
})
export type Attempt = Data<z.output<typeof attempt>>

/** Which attempts are listed. */
export const attemptQuery = z.strictObject({
  ...listQuery,
  model: name.optional(),
  provider: name.optional(),
  outcome: queryChoices(attemptOutcomes).optional(),
  request_id: text({ min: 1, max: platformLimits.reference_characters_max }).optional(),
  run_id: runId.optional(),
})
/** A page of attempts. */
export const attemptList = listOf(attempt)

/** Whether the attempts and the charges of an organization say the same. */
export const budgetsVerified = z.object({
  valid: z.boolean(),
  attempts: z.object({ ended: count, live: count, cost_micro_usd: microUsd, tokens: count }),
  charges: z.object({ rows: count, cost_micro_usd: microUsd, tokens: count }),
  held: z.object({ rows: count, cost_micro_usd: microUsd, tokens: count }).describe('By attempts that are under way.'),
  reservations: z
    .object({ rows: count, cost_micro_usd: microUsd, tokens: count })
    .describe('Held ahead by processes that take calls.'),
  problems: z.array(
    z.object({
      attempt_id: z.string().describe('With past_differs, the day.'),
      problem: z.enum([
        'not_charged',
        'charged_otherwise',
        'charged_without_attempt',
        'held_after_end',
        'past_differs',
      ]),
      message: z.string(),
    }),
  ),
})
