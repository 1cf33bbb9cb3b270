import { find, getCostMetrics, getFleetStatus, listEvents, verifyJournal } from '@muster/contract/dashboard/operations'
import { type Route, route } from '../../platform/http/route.ts'
import type { Dashboard } from './dashboard.service.ts'

export function dashboardRoutes(dashboard: Dashboard): readonly Route[] {
  return [
    route(getFleetStatus, ({ caller, query }) => dashboard.fleetStatus(caller, query)),
    route(getCostMetrics, ({ caller, query }) => dashboard.costMetrics(caller, query)),
    route(find, ({ caller, query }) => dashboard.find(caller, query)),
    route(listEvents, ({ caller, query }) => dashboard.events(caller, query)),
    route(verifyJournal, ({ caller, signal }) => dashboard.verify(caller, signal)),
  ]
}
