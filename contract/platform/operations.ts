import { z } from 'zod'
import { operation } from '../operation.ts'
import { health, healthDetailed, live, ready } from './health.ts'

export const getHealth = operation({
  id: 'health',
  method: 'GET',
  path: '/health',
  permission: 'none',
  audit: false,
  summary: 'Says whether the service answers.',
  response: health,
  other_statuses: [503],
  content: 'bare',
})

export const getHealthDetailed = operation({
  id: 'health.detailed',
  method: 'GET',
  path: '/health/detailed',
  permission: 'none',
  audit: false,
  summary: 'Says how every part is.',
  response: healthDetailed,
  other_statuses: [503],
  content: 'bare',
})

export const getHealthReady = operation({
  id: 'health.ready',
  method: 'GET',
  path: '/health/ready',
  permission: 'none',
  audit: false,
  summary: 'Says whether requests can be taken.',
  response: ready,
  other_statuses: [503],
  content: 'bare',
})

export const getHealthLive = operation({
  id: 'health.live',
  method: 'GET',
  path: '/health/live',
  permission: 'none',
  audit: false,
  summary: 'Says that the process is alive, and nothing more.',
  response: live,
  content: 'bare',
})

export const getMetrics = operation({
  id: 'metrics',
  method: 'GET',
  path: '/metrics',
  permission: 'instance:operate',
  audit: false,
  summary: 'Gives metrics in the text format of Prometheus.',
  response: z.string(),
  content: 'text',
})

export const getOpenapi = operation({
  id: 'docs.openapi',
  method: 'GET',
  path: '/openapi.json',
  permission: 'none',
  audit: false,
  summary: 'Gives this document.',
  response: z.looseObject({ openapi: z.string() }),
  content: 'bare',
})

export const getDocs = operation({
  id: 'docs.swagger',
  method: 'GET',
  path: '/docs',
  permission: 'none',
  audit: false,
  summary: 'Shows the API in Swagger UI.',
  response: z.string(),
  content: 'page',
})

export const getRedoc = operation({
  id: 'docs.redoc',
  method: 'GET',
  path: '/redoc',
  permission: 'none',
  audit: false,
  summary: 'Shows the API in ReDoc.',
  response: z.string(),
  content: 'page',
})

/** The operations of the platform. */
export const platformOperations = [
  getHealth,
  getHealthDetailed,
  getHealthReady,
  getHealthLive,
  getMetrics,
  getOpenapi,
  getDocs,
  getRedoc,
]
