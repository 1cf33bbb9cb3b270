import type { Manifest } from '../../platform/module.ts'
import { dashboardRoutes } from './dashboard.routes.ts'
import { createDashboard, type Dashboard, type DashboardOptions } from './dashboard.service.ts'

/** Builds the module. Reads beyond the tenant (processes, the journal's lag and chain) are passed in as functions. */
export function dashboardModule(options: DashboardOptions): {
  readonly dashboard: Dashboard
  readonly manifest: Manifest
} {
  const dashboard = createDashboard(options)
  return { dashboard, manifest: { name: 'dashboard', routes: dashboardRoutes(dashboard) } }
}
