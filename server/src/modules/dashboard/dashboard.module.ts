import type { Manifest } from '../../platform/module.ts'
import { dashboardRoutes } from './dashboard.routes.ts'
import { createDashboard, type Dashboard, type DashboardOptions } from './dashboard.service.ts'

/** Builds the module. What it reads beyond its tenant (processes, the journal's lag and chain) it is given as functions. */
export function dashboardModule(options: DashboardOptions): {
  readonly dashboard: Dashboard
  readonly manifest: Manifest
} {
  const dashboard = createDashboard(options)
  return { dashboard, manifest: { name: 'dashboard', routes: dashboardRoutes(dashboard) } }
}
