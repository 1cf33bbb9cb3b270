import { z } from 'zod'
import { providerId } from '../ids.ts'
import { limits } from '../limits.ts'
import { operation } from '../operation.ts'
import {
  attemptList,
  attemptQuery,
  budgetsVerified,
  model,
  modelCreate,
  modelDefinition,
  modelList,
  modelName,
  modelQuery,
  provider,
  providerCreate,
  providerList,
  providerPatch,
  providerQuery,
  providersDiscovered,
  providerTested,
} from '../shapes/models.ts'
import {
  chatAnswer,
  chatRequest,
  embeddingsAnswer,
  embeddingsRequest,
  messagesAnswer,
  messagesRequest,
  wireModel,
  wireModelQuery,
  wireModels,
} from '../shapes/wires.ts'

const body_bytes = limits.model_body_bytes_max
/** Clients of these APIs add parameters of their own, such as `?beta=true`. */
const anyQuery = z.looseObject({})
const spoken = { permission: 'models:use', audit: false, content: 'bare' } as const
const called = {
  ...spoken,
  query: anyQuery,
  limits: { body_bytes, wait_ms: limits.model_timeout_ms_max },
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
  response: wireModel,
})

const providerParams = z.strictObject({ id: providerId })

export const listProviders = operation({
  id: 'providers.list',
  method: 'GET',
  path: '/api/v1/providers',
  permission: 'models:read',
  audit: false,
  summary: 'Lists the providers of models, without their keys.',
  query: providerQuery,
  response: providerList,
})

export const createProvider = operation({
  id: 'providers.create',
  method: 'POST',
  path: '/api/v1/providers',
  permission: 'models:write',
  audit: true,
  summary: 'Adds a provider of models. Its key is encrypted and never shown again.',
  body: providerCreate,
  response: provider,
  status: 201,
})

export const discoverProviders = operation({
  id: 'providers.discover',
  method: 'GET',
  path: '/api/v1/providers/discovered',
  permission: 'models:write',
  audit: false,
  summary: 'Looks for servers of models on this machine: Ollama, vLLM, LM Studio, llama.cpp at their usual ports.',
  response: providersDiscovered,
  limits: { requests_per_minute: 60 },
})

export const getProvider = operation({
  id: 'providers.get',
  method: 'GET',
  path: '/api/v1/providers/{id}',
  permission: 'models:read',
  audit: false,
  summary: 'Gives one provider, without its key.',
  params: providerParams,
  response: provider,
})

export const changeProvider = operation({
  id: 'providers.change',
  method: 'PATCH',
  path: '/api/v1/providers/{id}',
  permission: 'models:write',
  audit: true,
  summary: 'Changes a provider. Another base URL wipes its key, unless a key comes with it.',
  params: providerParams,
  body: providerPatch,
  response: provider,
})

export const deleteProvider = operation({
  id: 'providers.delete',
  method: 'DELETE',
  path: '/api/v1/providers/{id}',
  permission: 'models:write',
  audit: true,
  summary: 'Removes a provider that no model leads to any more.',
  params: providerParams,
  response: provider,
})

export const testProvider = operation({
  id: 'providers.test',
  method: 'POST',
  path: '/api/v1/providers/{id}/test',
  permission: 'models:write',
  audit: false,
  summary: 'Asks a provider for its models, and says how that went. Nothing is charged.',
  params: providerParams,
  response: providerTested,
  limits: { requests_per_minute: 60, wait_ms: limits.model_connect_ms_default },
  idempotent: 'none',
})

const modelParams = z.strictObject({ name: modelName })

export const listModels = operation({
  id: 'models.list',
  method: 'GET',
  path: '/api/v1/models',
  permission: 'models:read',
  audit: false,
  summary: 'Lists the aliases of models, each in its version in force.',
  query: modelQuery,
  response: modelList,
})

export const createModel = operation({
  id: 'models.create',
  method: 'POST',
  path: '/api/v1/models',
  permission: 'models:write',
  audit: true,
  summary: 'Makes an alias: where calls of this name lead, and what they cost there.',
  body: modelCreate,
  response: model,
  status: 201,
})

export const getModel = operation({
  id: 'models.get',
  method: 'GET',
  path: '/api/v1/models/{name}',
  permission: 'models:read',
  audit: false,
  summary: 'Gives an alias in its version in force.',
  params: modelParams,
  response: model,
})

export const putModel = operation({
  id: 'models.put',
  method: 'PUT',
  path: '/api/v1/models/{name}',
  permission: 'models:write',
  audit: true,
  summary: 'Makes a new version of an alias; calls go there from now on.',
  params: modelParams,
  body: modelDefinition,
  response: model,
})

export const deleteModel = operation({
  id: 'models.delete',
  method: 'DELETE',
  path: '/api/v1/models/{name}',
  permission: 'models:write',
  audit: true,
  summary: 'Removes an alias that is no fallback of another. Its attempts stay.',
  params: modelParams,
  response: model,
})

export const listModelVersions = operation({
  id: 'models.versions',
  method: 'GET',
  path: '/api/v1/models/{name}/versions',
  permission: 'models:read',
  audit: false,
  summary: 'Lists the versions of an alias, the newest first.',
  params: modelParams,
  query: modelQuery,
  response: modelList,
})

export const listAttempts = operation({
  id: 'models.attempts',
  method: 'GET',
  path: '/api/v1/model-attempts',
  permission: 'models:read',
  audit: false,
  summary: 'Lists requests to providers with their tokens and costs, the newest first.',
  query: attemptQuery,
  response: attemptList,
})

export const verifyBudgets = operation({
  id: 'budgets.verify',
  method: 'GET',
  path: '/api/v1/budgets/verify',
  permission: 'budgets:read',
  audit: false,
  summary: 'Checks that attempts and charges say the same, row by row.',
  response: budgetsVerified,
})

export const gatewayOperations = [
  createChatCompletion,
  createEmbeddings,
  createMessage,
  listWireModels,
  getWireModel,
  listProviders,
  createProvider,
  discoverProviders,
  getProvider,
  changeProvider,
  deleteProvider,
  testProvider,
  listModels,
  createModel,
  getModel,
  putModel,
  deleteModel,
  listModelVersions,
  listAttempts,
  verifyBudgets,
]
