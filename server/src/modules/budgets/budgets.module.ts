import type { Manifest } from '../../platform/module.ts'
import type { IdentityPort } from '../identity/identity.port.ts'
import type { BudgetsPort } from './budgets.port.ts'
import { budgetsRoutes } from './budgets.routes.ts'
import { type BudgetsOptions, createBudgets } from './budgets.service.ts'
import { createClosedLimitAttention } from './closed-limit-attention.service.ts'
import { createLimits, type Limits, type LimitsOptions } from './limits.service.ts'
import { holdsStore } from './store/holds.store.ts'

export function budgetsModule(
  options: BudgetsOptions & LimitsOptions & { readonly identity: Pick<IdentityPort, 'findScopes'> },
): {
  readonly budgets: BudgetsPort & Limits
  readonly manifest: Manifest
} {
  const limits = createLimits(options)
  const budgets = { ...createBudgets(options), ...limits }
  return {
    budgets,
    manifest: {
      name: 'budgets',
      routes: budgetsRoutes(limits),
      attention: [createClosedLimitAttention(options.identity)],
      clampTimes: holdsStore.clampReservations,
    },
  }
}
