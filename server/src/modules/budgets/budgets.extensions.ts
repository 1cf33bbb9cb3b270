import { extensionPoint } from '../../platform/module/extension-point.ts'
import type { UsageSource } from './budgets.port.ts'

/** Who uses what budgets limit, and knows what of it is under way. */
export const usageSources = extensionPoint<UsageSource>('budgets.usage_sources')
