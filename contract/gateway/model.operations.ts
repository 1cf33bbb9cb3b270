import { z } from 'zod'
import { operation } from '../operation.ts'
import { modelName } from '../values.ts'
import { attemptList, attemptQuery, budgetsVerified } from './attempts.ts'
import { model, modelCreate, modelDefinition, modelList, modelQuery } from './models.ts'

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

/** The operations of models. */
export const modelOperations = [
  listModels,
  createModel,
  getModel,
  putModel,
  deleteModel,
  listModelVersions,
  listAttempts,
  verifyBudgets,
]
