import { z } from 'zod'
import { identityLimits } from '../identity/limits.ts'
import { queryInteger } from '../lists.ts'
import { platformLimits } from '../platform/limits.ts'
import { count, int4, text } from '../values.ts'
import { gatewayLimits } from './limits.ts'

// The shapes of OpenAI's and Anthropic's APIs, as far as the gateway itself must understand them. All else is passed
// through as it came, so that what these APIs will take tomorrow is taken too.

const modelField = text({ min: 1, max: platformLimits.name_characters_max })
const tokens = z.int().min(1).max(identityLimits.model_tokens_max)

/** A request for a chat completion in OpenAI’s shape; fields that are not named here are passed on. */
export const chatRequest = z.looseObject({
  model: modelField,
  messages: z
    .array(z.looseObject({ role: text({ min: 1, max: platformLimits.name_characters_max }) }))
    .min(1)
    .max(gatewayLimits.model_messages_max),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  max_tokens: tokens.nullish(),
  max_completion_tokens: tokens.nullish(),
  n: z.int().min(1).max(128).nullish(),
})

/** A chat completion in OpenAI’s shape. */
export const chatAnswer = z.looseObject({ id: z.string(), object: z.string(), choices: z.array(z.unknown()) })

const oneInput = z.union([z.string().min(1), z.array(int4()).min(1)])

/** A request for embeddings in OpenAI’s shape. */
export const embeddingsRequest = z.looseObject({
  model: modelField,
  input: z.union([oneInput, z.array(oneInput).min(1).max(gatewayLimits.model_inputs_max)]),
  encoding_format: z.enum(['float', 'base64']).nullish(),
  dimensions: z.int().min(1).max(65_536).nullish(),
})

/** Embeddings in OpenAI’s shape. */
export const embeddingsAnswer = z.looseObject({ object: z.string(), data: z.array(z.unknown()) })

const openaiModel = z.looseObject({
  id: z.string(),
  object: z.literal('model'),
  created: count,
  owned_by: z.string(),
})
const anthropicModel = z.looseObject({
  type: z.literal('model'),
  id: z.string(),
  display_name: z.string(),
  created_at: z.string(),
})

/** Of Anthropic's list alone; clients add parameters of their own, such as `?beta=true`. */
export const wireModelQuery = z.looseObject({
  limit: queryInteger({ min: 1, max: gatewayLimits.wire_models_max }).default(gatewayLimits.wire_models_max),
  after_id: modelField.optional(),
})
export type WireModelQuery = z.output<typeof wireModelQuery>

/** In Anthropic's shape where the request has the header `anthropic-version`. */
export const wireModel = z.union([openaiModel, anthropicModel])
/** The list of models in the shape of the API whose client asks. */
export const wireModels = z.union([
  z.looseObject({ object: z.literal('list'), data: z.array(openaiModel) }),
  z.looseObject({
    data: z.array(anthropicModel),
    has_more: z.boolean(),
    first_id: z.string().nullable(),
    last_id: z.string().nullable(),
  }),
])

/** A request for a message in Anthropic’s shape; fields that are not named here are passed on. */
export const messagesRequest = z.looseObject({
  model: modelField,
  messages: z
    .array(z.looseObject({ role: text({ min: 1, max: platformLimits.name_characters_max }) }))
    .min(1)
    .max(gatewayLimits.model_messages_max),
  max_tokens: tokens,
  stream: z.boolean().nullish(),
})

/** A message in Anthropic’s shape. */
export const messagesAnswer = z.looseObject({ id: z.string(), type: z.string(), content: z.array(z.unknown()) })

/** A request to count the tokens of a message in Anthropic’s shape. */
export const countTokensRequest = messagesRequest.omit({ max_tokens: true, stream: true })

/** A count of tokens in Anthropic’s shape. */
export const countTokensAnswer = z.looseObject({ input_tokens: count })

/** What would need a memory of answers, which Muster does not keep. */
const unstored = (what: string) =>
  z
    .unknown()
    .refine((value) => value === undefined || value === null || value === false, `is not supported: ${what}`)
    .optional()
const send_all = 'Muster stores no responses. Send the whole conversation as input.'

const responsesItem = z.looseObject({ type: z.string().optional() }).refine(({ type }) => type !== 'item_reference', {
  error: `is a reference to an item. ${send_all}`,
})

/** A request for a response in OpenAI’s shape; fields that are not named here are passed on. */
export const responsesRequest = z.looseObject({
  model: modelField,
  input: z.union([z.string().min(1), z.array(responsesItem).min(1).max(gatewayLimits.model_messages_max)]),
  instructions: z.string().nullish(),
  stream: z.boolean().nullish(),
  max_output_tokens: tokens.nullish(),
  previous_response_id: unstored(send_all),
  conversation: unstored(send_all),
  background: unstored('Muster answers while the client waits, or streams.'),
  prompt: unstored('Prompts are stored at one provider only. Send instructions and input.'),
})

/** A response in OpenAI’s shape. */
export const responsesAnswer = z.looseObject({ id: z.string(), object: z.string(), output: z.array(z.unknown()) })

const onePrompt = z.union([z.string(), z.array(int4()).min(1)])

/** A request for a legacy completion in OpenAI’s shape; fields that are not named here are passed on. */
export const completionsRequest = z.looseObject({
  model: modelField,
  prompt: z.union([onePrompt, z.array(onePrompt).min(1).max(gatewayLimits.model_inputs_max)]),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  max_tokens: tokens.nullish(),
  n: z.int().min(1).max(128).nullish(),
  best_of: z.int().min(1).max(128).nullish(),
})

/** A legacy completion in OpenAI’s shape. */
export const completionsAnswer = z.looseObject({ id: z.string(), object: z.string(), choices: z.array(z.unknown()) })
