import type { Manifest } from '../../platform/module.ts'
import type { BudgetsPort } from './budgets.port.ts'
import { budgetRoutes } from './budgets.routes.ts'
import { createBudgets } from './budgets.service.ts'
import type { CallsPort } from './calls.port.ts'
import { createLimits, type Limits, type LimitsOptions } from './limits.service.ts'
import { reservationsStore } from './store/reservations.store.ts'

export function budgetsModule(options: LimitsOptions): {
  readonly budgets: BudgetsPort & Limits & { readonly calls: CallsPort }
  readonly manifest: Manifest
} {
  const limits = createLimits(options)
  const budgets = { ...createBudgets(options), ...limits }
  return {
    budgets,
    manifest: { name: 'budgets', routes: budgetRoutes(limits), clampTimes: reservationsStore.clampTimes },
  }
}
