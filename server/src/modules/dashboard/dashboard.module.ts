import type { Manifest } from '../../platform/module/module.ts'
import { dashboardRoutes } from './dashboard.routes.ts'
import { createDashboard, type Dashboard, type DashboardOptions } from './dashboard.service.ts'

type DashboardModuleOptions = Omit<DashboardOptions, 'attention' | 'search'> & {
  /** Of the modules that stand earlier. */
  readonly manifests: readonly Manifest[]
}

/** Builds the module, which merges what the manifests of the others bring. */
export function dashboardModule({ manifests, ...options }: DashboardModuleOptions): {
  readonly dashboard: Dashboard
  readonly manifest: Manifest
} {
  const dashboard = createDashboard({
    ...options,
    attention: manifests.flatMap(({ attention = [] }) => attention),
    search: manifests.flatMap(({ search = [] }) => search),
  })
  return { dashboard, manifest: { name: 'dashboard', routes: dashboardRoutes(dashboard) } }
}
