import { extensionPoint } from '../../platform/module/extension-point.ts'
import type { RunBudgets } from './gateway.port.ts'

/** What runs may still spend, beside the budgets. */
export const runBudgets = extensionPoint<RunBudgets>('gateway.run_budgets')
