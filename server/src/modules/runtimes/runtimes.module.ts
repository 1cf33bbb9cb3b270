import { extend } from '../../platform/module/extension-point.ts'
import type { Manifest } from '../../platform/module/module.ts'
import { runBudgets } from '../gateway/gateway.extensions.ts'
import { createOpenRunBudgets } from './open-run-budgets.service.ts'
import type { RuntimesPort } from './runtimes.port.ts'
import { createRuntimes, type RuntimesDeps } from './runtimes.service.ts'

export type RuntimesOptions = Omit<RuntimesDeps, 'run_budgets'>

/** Builds the module: how agents work in this process, and what their runs may spend on models. */
export function runtimesModule(options: RuntimesOptions): {
  readonly runtimes: RuntimesPort
  readonly run_budgets: RuntimesDeps['run_budgets']
  readonly manifest: Manifest
} {
  const run_budgets = createOpenRunBudgets()
  return {
    runtimes: { open: () => createRuntimes({ ...options, run_budgets }) },
    run_budgets,
    manifest: { name: 'runtimes', routes: [], extensions: [extend(runBudgets, run_budgets)] },
  }
}
