import { z } from 'zod'
import { operation } from '../operation.ts'
import { modelName } from '../values.ts'
import { gatewayLimits } from './limits.ts'
import {
  chatAnswer,
  chatRequest,
  completionsAnswer,
  completionsRequest,
  countTokensAnswer,
  countTokensRequest,
  embeddingsAnswer,
  embeddingsRequest,
  messagesAnswer,
  messagesRequest,
  responsesAnswer,
  responsesRequest,
  wireModel,
  wireModelQuery,
  wireModels,
} from './wires.ts'

const body_bytes = gatewayLimits.model_body_bytes_max
/** Clients of these APIs add parameters of their own, such as `?beta=true`. */
const anyQuery = z.looseObject({})
const spoken = { permission: 'models:use', audit: false, content: 'bare' } as const
const called = {
  ...spoken,
  query: anyQuery,
  limits: { body_bytes, wait_ms: gatewayLimits.model_timeout_ms_max },
  idempotent: 'none',
  key_check: 'within',
} as const

export const createChatCompletion = operation({
  id: 'gateway.chat',
  method: 'POST',
  path: '/v1/chat/completions',
  summary: 'Answers a chat as OpenAI’s API does; with `stream`, as server-sent events.',
  ...called,
  errors: 'openai',
  body: chatRequest,
  response: chatAnswer,
})

export const createEmbeddings = operation({
  id: 'gateway.embeddings',
  method: 'POST',
  path: '/v1/embeddings',
  summary: 'Gives embeddings as OpenAI’s API does.',
  ...called,
  errors: 'openai',
  body: embeddingsRequest,
  response: embeddingsAnswer,
})

export const createMessage = operation({
  id: 'gateway.messages',
  method: 'POST',
  path: '/v1/messages',
  summary: 'Answers a message as Anthropic’s API does; with `stream`, as server-sent events.',
  ...called,
  errors: 'anthropic',
  body: messagesRequest,
  response: messagesAnswer,
})

export const createResponse = operation({
  id: 'gateway.responses',
  method: 'POST',
  path: '/v1/responses',
  summary: 'Answers as OpenAI’s responses API does; with `stream`, as server-sent events. Nothing is stored.',
  ...called,
  errors: 'openai',
  body: responsesRequest,
  response: responsesAnswer,
})

export const createCompletion = operation({
  id: 'gateway.completions',
  method: 'POST',
  path: '/v1/completions',
  summary: 'Completes a prompt as OpenAI’s legacy API does; with `stream`, as server-sent events.',
  ...called,
  errors: 'openai',
  body: completionsRequest,
  response: completionsAnswer,
})

export const countMessageTokens = operation({
  id: 'gateway.count_tokens',
  method: 'POST',
  path: '/v1/messages/count_tokens',
  summary: 'Estimates the input tokens of a message as Anthropic’s API does. Free of charge.',
  ...called,
  errors: 'anthropic',
  body: countTokensRequest,
  response: countTokensAnswer,
})

export const listWireModels = operation({
  id: 'gateway.models',
  method: 'GET',
  path: '/v1/models',
  summary: 'Lists the models that may be named in calls, as OpenAI’s API does, or Anthropic’s.',
  ...spoken,
  query: wireModelQuery,
  errors: 'openai',
  response: wireModels,
})

export const getWireModel = operation({
  id: 'gateway.model',
  method: 'GET',
  path: '/v1/models/{name}',
  summary: 'Gives one model as OpenAI’s API does, or Anthropic’s.',
  ...spoken,
  query: anyQuery,
  errors: 'openai',
  params: z.strictObject({ name: modelName }),
  ends_in_path: true,
  response: wireModel,
})

/** The operations of calls of models. */
export const callOperations = [
  createChatCompletion,
  createEmbeddings,
  createMessage,
  createResponse,
  createCompletion,
  countMessageTokens,
  listWireModels,
  getWireModel,
]
