import { z } from 'zod'
import { providerId } from '../ids.ts'
import { operation } from '../operation.ts'
import { gatewayLimits } from './limits.ts'
import {
  provider,
  providerCreate,
  providerList,
  providerPatch,
  providerQuery,
  providersDiscovered,
  providerTested,
} from './providers.ts'

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
  limits: { requests_per_minute: 60, wait_ms: gatewayLimits.model_connect_ms_default },
  idempotent: 'none',
})

/** The operations of providers. */
export const providerOperations = [
  listProviders,
  createProvider,
  discoverProviders,
  getProvider,
  changeProvider,
  deleteProvider,
  testProvider,
]
