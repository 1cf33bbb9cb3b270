import type { Caller } from '../../platform/caller.ts'
import type { VerifyJournal } from '../../platform/journal/verify/verify.ts'
import { type CostQuery, createCosts } from './costs.service.ts'
import { createEvents, type EventsDeps, type EventsQuery } from './events.service.ts'
import { createFleet, type FleetDeps, type FleetQuery } from './fleet.service.ts'
import { createFind, type FindDeps, type FindQuery } from './operations/find.ts'

export interface DashboardOptions extends FleetDeps, FindDeps, EventsDeps {
  readonly verify: VerifyJournal
}

/** Read models over the views of other modules. It owns no table and changes nothing. */
export function createDashboard(options: DashboardOptions) {
  const fleetStatus = createFleet(options)
  const costMetrics = createCosts(options)
  const events = createEvents(options)
  const find = createFind(options)
  return {
    fleetStatus: (caller: Caller, query: FleetQuery = {}) => fleetStatus(caller, query),
    costMetrics: (caller: Caller, query: CostQuery) => costMetrics(caller, query),
    find: (caller: Caller, query: FindQuery) => find(caller, query),
    events: (caller: Caller, query: EventsQuery) => events(caller, query),
    verify: (caller: Caller, signal: AbortSignal) => options.verify(caller.organization_id, signal),
  }
}

export type Dashboard = ReturnType<typeof createDashboard>
