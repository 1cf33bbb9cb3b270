import type { Caller } from '../../platform/caller.ts'
import type { VerifyJournal } from '../../platform/journal/verify.ts'
import { type CostQuery, createCosts } from './costs.service.ts'
import { createEvents, type EventsQuery } from './events.service.ts'
import { createFleet, type FleetParts } from './fleet.service.ts'
import { createWhy, type WhyParts } from './why.service.ts'

export interface DashboardOptions extends FleetParts, WhyParts {
  readonly verify: VerifyJournal
}

/** Read models over what other modules lend. Owns no table and changes nothing. */
export function createDashboard(options: DashboardOptions) {
  const fleetStatus = createFleet(options)
  const costMetrics = createCosts(options)
  const why = createWhy(options)
  const events = createEvents(options)
  return {
    fleetStatus: (caller: Caller) => fleetStatus(caller),
    costMetrics: (caller: Caller, query: CostQuery) => costMetrics(caller, query),
    why: (caller: Caller, task_id: string) => why(caller, task_id),
    events: (caller: Caller, query: EventsQuery) => events(caller, query),
    verify: (caller: Caller, signal: AbortSignal) => options.verify(caller.organization_id, signal),
  }
}

export type Dashboard = ReturnType<typeof createDashboard>
