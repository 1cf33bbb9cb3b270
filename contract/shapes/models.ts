import { z } from 'zod'
import { agentId, attemptId, goalId, keyId, projectId, providerId, runId, taskId } from '../ids.ts'
import { limits } from '../limits.ts'
import { listOf, listQuery, queryChoices } from '../lists.ts'
import { count, type Data, microUsd, name, text, timestamp } from '../values.ts'

export const providerKinds = ['openai', 'anthropic', 'gemini'] as const
export type ProviderKind = (typeof providerKinds)[number]

/** How providers and models are named: what may stand in a path and in a header. */
export const modelName = text({ min: 1, max: limits.name_characters_max }).regex(
  /^[A-Za-z0-9][A-Za-z0-9._:@-]*$/,
  'must begin with a letter or digit and hold only letters, digits and . _ : @ -',
)

const baseUrl = text({ min: 1, max: limits.provider_url_characters_max }).regex(
  /^https?:\/\//,
  'must begin with http:// or https://',
)
const apiKey = text({ min: 1, max: limits.provider_key_characters_max }).regex(
  /^[\x21-\x7e]+$/,
  'must be visible ASCII characters',
)

/** A provider of models. Its key is kept encrypted and is never given out. */
export const provider = z.object({
  id: providerId,
  name: modelName,
  kind: z.enum(providerKinds).describe('openai: any API that speaks OpenAI’s wire.'),
  base_url: z.string(),
  has_key: z.boolean(),
  created_at: timestamp,
  changed_at: timestamp,
})
export type Provider = Data<z.output<typeof provider>>

export const providerCreate = z.strictObject({
  name: modelName,
  kind: z.enum(providerKinds),
  base_url: baseUrl.describe(
    'Up to where the paths of its API begin: https://api.openai.com/v1, https://api.anthropic.com.',
  ),
  api_key: apiKey.optional().describe('Kept encrypted; no answer ever holds it.'),
})
export type ProviderCreate = Data<z.output<typeof providerCreate>>

export const providerPatch = z
  .strictObject({
    base_url: baseUrl.optional().describe('Another one wipes the key, unless a key comes with it.'),
    api_key: apiKey.nullable().optional().describe('null removes it.'),
  })
  .refine((body) => Object.keys(body).length > 0, { error: 'must change something', path: ['base_url'] })
export type ProviderPatch = Data<z.output<typeof providerPatch>>

export const providerQuery = z.strictObject(listQuery)
export const providerList = listOf(provider)

/** What a provider says when its list of models is asked for. */
export const providerTested = z.object({
  works: z.boolean(),
  ms: count,
  models: z.array(z.string()).describe('At most 200 of the models it names.'),
  problem: z.string().optional().describe('What went wrong, where it does not work.'),
})

/** A server of models on the machine that Muster runs on: what of it a provider is made with, and what it has. */
export const providersDiscovered = z.object({
  allowed: z.boolean().describe('False: MUSTER_MODEL_ADDRESSES does not allow loopback, so nothing was looked for.'),
  items: z.array(
    z.object({
      name: modelName.describe('What usually listens there.'),
      kind: z.enum(providerKinds),
      base_url: z.string(),
      models: z.array(z.string()).describe('At most 200 of the models it names.'),
      provider: z.string().optional().describe('The provider that has this address already.'),
    }),
  ),
})

const perMillion = z.int().min(0).max(limits.price_micro_usd_max)

/** Micro-USD for a million tokens of each class. What is left out costs as much as the class it is a part of. */
export const tokenPrices = z.strictObject({
  uncached: perMillion.describe('Input that no cache held.'),
  cache_read: perMillion.optional().describe('Absent: as uncached.'),
  cache_write: perMillion.optional().describe('Absent: as uncached.'),
  output: perMillion,
  reasoning: perMillion.optional().describe('Absent: as output.'),
})
export type TokenPrices = Data<z.output<typeof tokenPrices>>

const targetFields = {
  provider: modelName.describe('The name of a provider.'),
  model: text({ min: 1, max: limits.name_characters_max }).describe('As the provider calls it.'),
}

/** One model of one provider that an alias may lead to. */
export const modelTarget = z.strictObject({
  ...targetFields,
  weight: z
    .int()
    .min(0)
    .max(limits.model_weight_max)
    .default(1)
    .describe('Its share of the calls; 0: only when others fail.'),
  prices: tokenPrices,
  output_tokens_max: z
    .int()
    .min(1)
    .max(limits.model_tokens_max)
    .default(limits.model_output_tokens_default)
    .describe('What is held for output where a call names no maximum.'),
})
export type ModelTarget = Data<z.output<typeof modelTarget>>

const timeout = (absent: number) => z.int().min(1).max(limits.model_timeout_ms_max).default(absent)

export const modelTimeouts = z.strictObject({
  connect_ms: timeout(limits.model_connect_ms_default),
  first_token_ms: timeout(limits.model_first_token_ms_default).describe(
    'From the request to the first content of a stream, or to a whole answer.',
  ),
  idle_ms: timeout(limits.model_idle_ms_default).describe('Between two pieces of a stream.'),
  total_ms: timeout(limits.model_total_ms_default),
})
export type ModelTimeouts = Data<z.output<typeof modelTimeouts>>

const definition = {
  targets: z.array(modelTarget).min(1).max(limits.model_targets_max),
  pin: z.strictObject(targetFields).optional().describe('All calls go to this target, whatever the weights.'),
  fallbacks: z
    .array(modelName)
    .max(limits.model_fallbacks_max)
    .default([])
    .describe('Other aliases, asked in this order when all targets fail.'),
  retries: z
    .int()
    .min(0)
    .max(limits.model_retries_max)
    .default(limits.model_retries_default)
    .describe('Of one target, before the next is asked.'),
  timeouts: modelTimeouts.prefault({}),
  on_client_gone: z
    .enum(['cancel', 'drain'])
    .default('cancel')
    .describe('cancel: the provider is told to stop, and the hold is charged. drain: read to the end for its usage.'),
  on_broken_stream: z
    .enum(['error', 'restart', 'continue'])
    .default('error')
    .describe(
      'When a stream breaks after its first content. error: an event says so. restart: the next try answers anew, and what was said is announced as void. continue: the next try goes on where it broke off.',
    ),
  cache: z
    .strictObject({
      ttl_ms: z.int().min(1).max(limits.model_cache_ttl_ms_max).describe('How long an answer may be given again.'),
    })
    .optional()
    .describe('Equal calls of the organization get one answer. Absent: each is asked.'),
}

/** What an alias leads to. Each change is a new version with its date; attempts name the version they were made and paid by. */
export const modelDefinition = z.strictObject(definition)
export type ModelDefinition = Data<z.output<typeof modelDefinition>>

export const modelCreate = z.strictObject({ name: modelName, ...definition })
export type ModelCreate = Data<z.output<typeof modelCreate>>

export const model = z.object({
  name: z.string(),
  version: z.int().min(1),
  ...modelDefinition.shape,
  created_at: timestamp,
  versioned_at: timestamp.describe('Since when this version is in force.'),
})
export type Model = Data<z.output<typeof model>>

export const modelQuery = z.strictObject(listQuery)
export const modelList = listOf(model)

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
    .enum(['chat', 'embeddings', 'messages', 'several'])
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

export const attemptQuery = z.strictObject({
  ...listQuery,
  model: name.optional(),
  provider: name.optional(),
  outcome: queryChoices(attemptOutcomes).optional(),
  request_id: text({ min: 1, max: limits.reference_characters_max }).optional(),
  run_id: runId.optional(),
})
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
