import { extend } from '../../platform/module/extension-point.ts'
import type { Manifest } from '../../platform/module/module.ts'
import type { IdentityPort } from '../identity/identity.port.ts'
import { projectDays } from '../projects/projects.extensions.ts'
import type { BudgetsPort } from './budgets.port.ts'
import { budgetsRoutes } from './budgets.routes.ts'
import { type BudgetsOptions, createBudgets } from './budgets.service.ts'
import { createClosedLimitAttention } from './closed-limit-attention.service.ts'
import { createLimits, type Limits, type LimitsOptions } from './limits.service.ts'
import { holdsStore } from './store/holds.store.ts'

export function budgetsModule(
  options: BudgetsOptions & Omit<LimitsOptions, 'flushUsage'> & { readonly identity: Pick<IdentityPort, 'findScopes'> },
): {
  readonly budgets: BudgetsPort & Limits
  readonly manifest: Manifest
} {
  const { flushUsage, ...port } = createBudgets(options)
  const limits = createLimits({ ...options, flushUsage })
  const budgets = { ...port, ...limits }
  return {
    budgets,
    manifest: {
      name: 'budgets',
      routes: budgetsRoutes(limits),
      attention: [createClosedLimitAttention(options.identity)],
      extensions: [extend(projectDays, { changeZone: limits.changeZone })],
      clampTimes: holdsStore.clampReservations,
    },
  }
}
