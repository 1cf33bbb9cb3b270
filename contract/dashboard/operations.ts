import { event } from '../events.ts'
import { operation } from '../operation.ts'
import { journalVerified } from '../platform/journal.ts'
import { costMetrics, costMetricsQuery } from './costs.ts'
import { eventList, eventQuery, eventStreamQuery } from './feeds.ts'
import { findQuery, found } from './find.ts'
import { fleetStatus, fleetStatusQuery } from './fleet.ts'

export const getFleetStatus = operation({
  id: 'dashboard.fleet-status',
  method: 'GET',
  path: '/api/v1/dashboard/fleet-status',
  permission: 'agents:read',
  audit: false,
  summary: 'Gives the fleet at a glance: agents, queues, workers, stops, spending, and what needs attention.',
  query: fleetStatusQuery,
  response: fleetStatus,
})

export const getCostMetrics = operation({
  id: 'dashboard.cost-metrics',
  method: 'GET',
  path: '/api/v1/dashboard/cost-metrics',
  permission: 'budgets:read',
  audit: false,
  summary: 'Gives what was spent, by category, agent, project and day, and how the budgets stand.',
  query: costMetricsQuery,
  response: costMetrics,
})

export const find = operation({
  id: 'dashboard.find',
  method: 'GET',
  path: '/api/v1/find',
  permission: 'goals:read',
  audit: false,
  summary: 'Finds things by the beginning of an id, by number, or by words of their names.',
  query: findQuery,
  response: found,
})

export const listEvents = operation({
  id: 'audit.events',
  method: 'GET',
  path: '/api/v1/audit/events',
  permission: 'journal:read',
  audit: false,
  summary: 'Lists the journal.',
  query: eventQuery,
  response: eventList,
})

export const verifyJournal = operation({
  id: 'audit.verify',
  method: 'GET',
  path: '/api/v1/audit/verify',
  permission: 'journal:read',
  audit: false,
  summary: 'Checks the chain of the journal, and says what such a check cannot see.',
  response: journalVerified,
})

export const streamEvents = operation({
  id: 'events.stream',
  method: 'GET',
  path: '/api/v1/events/stream',
  permission: 'journal:read',
  audit: false,
  summary:
    'Streams events as server-sent events, resumable by cursor: nothing is missed, nothing is seen twice. A cursor that leads nowhere begins with an event `reset`.',
  query: eventStreamQuery,
  response: event,
  content: 'events',
  headers: ['Last-Event-ID'],
})

export const eventSocket = operation({
  id: 'events.socket',
  method: 'GET',
  path: '/ws',
  permission: 'journal:read',
  audit: false,
  summary:
    'Streams events over a WebSocket, resumable by cursor. A cursor that leads nowhere begins with a message of the type `reset`.',
  query: eventStreamQuery,
  response: event,
  status: 101,
  content: 'websocket',
})

/** The operations of the dashboard. */
export const dashboardOperations = [
  getFleetStatus,
  getCostMetrics,
  find,
  listEvents,
  verifyJournal,
  streamEvents,
  eventSocket,
]
