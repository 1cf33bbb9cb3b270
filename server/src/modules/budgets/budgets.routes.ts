import { createBudget, deleteBudget, getBudget, listBudgets, putBudget } from '@muster/contract/budgets/operations'
import { type Route, route } from '../../platform/http/route.ts'
import type { Limits } from './limits.service.ts'

export function budgetsRoutes(limits: Limits): readonly Route[] {
  return [
    route(listBudgets, ({ caller, query }) => limits.list(caller, query)),
    route(createBudget, ({ caller, body }) => limits.create(caller, body)),
    route(getBudget, ({ caller, params }) => limits.get(caller, params.id)),
    route(putBudget, ({ caller, params, body }) => limits.put(caller, params.id, body)),
    route(deleteBudget, ({ caller, params }) => limits.remove(caller, params.id)),
  ]
}
