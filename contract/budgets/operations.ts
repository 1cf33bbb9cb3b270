import { z } from 'zod'
import { budgetId } from '../ids.ts'
import { operation } from '../operation.ts'
import { budget, budgetCreate, budgetList, budgetPut, budgetQuery } from './budgets.ts'

const params = z.strictObject({ id: budgetId })

export const listBudgets = operation({
  id: 'budgets.list',
  method: 'GET',
  path: '/api/v1/budgets',
  permission: 'budgets:read',
  audit: false,
  summary: 'Lists budgets with what is held and used.',
  query: budgetQuery,
  response: budgetList,
})

export const createBudget = operation({
  id: 'budgets.create',
  method: 'POST',
  path: '/api/v1/budgets',
  permission: 'budgets:write',
  audit: true,
  summary: 'Sets a limit on a scope. One scope has one limit for each window.',
  body: budgetCreate,
  response: budget,
  status: 201,
})

export const getBudget = operation({
  id: 'budgets.get',
  method: 'GET',
  path: '/api/v1/budgets/{id}',
  permission: 'budgets:read',
  audit: false,
  summary: 'Gives one budget.',
  params,
  response: budget,
})

export const putBudget = operation({
  id: 'budgets.put',
  method: 'PUT',
  path: '/api/v1/budgets/{id}',
  permission: 'budgets:write',
  audit: true,
  summary: 'Replaces the amounts of a budget.',
  params,
  body: budgetPut,
  response: budget,
})

export const deleteBudget = operation({
  id: 'budgets.delete',
  method: 'DELETE',
  path: '/api/v1/budgets/{id}',
  permission: 'budgets:write',
  audit: true,
  summary: 'Removes a budget; its scope is no longer limited by it.',
  params,
  response: budget,
})

/** The operations of budgets. */
export const budgetsOperations = [listBudgets, createBudget, getBudget, putBudget, deleteBudget]
