import { z } from 'zod'
import { identityLimits } from '../identity/limits.ts'
import { listOf, listQuery } from '../lists.ts'
import { platformLimits } from '../platform/limits.ts'
import { type Data, modelName, providerName, text, timestamp } from '../values.ts'
import { gatewayLimits } from './limits.ts'

const perMillion = z.int().min(0).max(gatewayLimits.price_micro_usd_max)

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
  provider: providerName.describe('The name of a provider.'),
  model: text({ min: 1, max: platformLimits.name_characters_max }).describe('As the provider calls it.'),
}

/** One model of one provider that an alias may lead to. */
export const modelTarget = z.strictObject({
  ...targetFields,
  weight: z
    .int()
    .min(0)
    .max(gatewayLimits.model_weight_max)
    .default(1)
    .describe('Its share of the calls; 0: only when others fail.'),
  prices: tokenPrices,
  output_tokens_max: z
    .int()
    .min(1)
    .max(identityLimits.model_tokens_max)
    .default(gatewayLimits.model_output_tokens_default)
    .describe('What is held for output where a call names no maximum.'),
})
export type ModelTarget = Data<z.output<typeof modelTarget>>

const timeout = (absent: number) => z.int().min(1).max(gatewayLimits.model_timeout_ms_max).default(absent)

/** How long an attempt may take, by its phases. */
export const modelTimeouts = z.strictObject({
  connect_ms: timeout(gatewayLimits.model_connect_ms_default),
  first_token_ms: timeout(gatewayLimits.model_first_token_ms_default).describe(
    'From the request to the first content of a stream, or to a whole answer.',
  ),
  idle_ms: timeout(gatewayLimits.model_idle_ms_default).describe('Between two pieces of a stream.'),
  total_ms: timeout(gatewayLimits.model_total_ms_default),
})
export type ModelTimeouts = Data<z.output<typeof modelTimeouts>>

const definition = {
  targets: z.array(modelTarget).min(1).max(gatewayLimits.model_targets_max),
  pin: z.strictObject(targetFields).optional().describe('All calls go to this target, whatever the weights.'),
  fallbacks: z
    .array(modelName)
    .max(gatewayLimits.model_fallbacks_max)
    .default([])
    .describe('Other aliases, asked in this order when all targets fail.'),
  retries: z
    .int()
    .min(0)
    .max(gatewayLimits.model_retries_max)
    .default(gatewayLimits.model_retries_default)
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
      ttl_ms: z
        .int()
        .min(1)
        .max(gatewayLimits.model_cache_ttl_ms_max)
        .describe('How long an answer may be given again.'),
    })
    .optional()
    .describe('Equal calls of the organization get one answer. Absent: each is asked.'),
}

/** What an alias leads to. Each change is a new version with its date; attempts name the version they were made and paid by. */
export const modelDefinition = z.strictObject(definition)
export type ModelDefinition = Data<z.output<typeof modelDefinition>>

/** A new model of the gateway, under a name of its own. */
export const modelCreate = z.strictObject({ name: modelName, ...definition })
export type ModelCreate = Data<z.output<typeof modelCreate>>

/** A model of the gateway in one version. */
export const model = z.object({
  name: z.string(),
  version: z.int().min(1),
  ...modelDefinition.shape,
  created_at: timestamp,
  versioned_at: timestamp.describe('Since when this version is in force.'),
})
export type Model = Data<z.output<typeof model>>

/** A page of models or of the versions of one. */
export const modelQuery = z.strictObject(listQuery)
/** A page of models or of the versions of one. */
export const modelList = listOf(model)
