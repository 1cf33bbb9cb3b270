import { z } from 'zod'
import { runId, taskId } from '../ids.ts'
import { operation } from '../operation.ts'
import { platformLimits } from '../platform/limits.ts'
import { logStreamQuery, taskLogLine } from '../runtimes/logs.ts'
import { claimed, claimRequest } from './claims.ts'
import { heartbeatAnswer, heartbeatRequest } from './heartbeats.ts'
import { workerLimits } from './limits.ts'
import { asked, askRequest, completeRequest, failRequest, recorded, releaseRequest } from './reports.ts'
import { runDetail } from './run-details.ts'
import { runList, runQuery, taskRunQuery, workerTaskStatus } from './runs.ts'
import { why } from './task-why.ts'

export const claimRuns = operation({
  id: 'worker.claim',
  method: 'POST',
  path: '/api/v1/worker/claim',
  permission: 'runs:work',
  limits: { wait_ms: workerLimits.long_poll_ms_max },
  audit: true,
  summary: 'Claims tasks for an agent, waiting for some where there are none. An empty list is an answer.',
  body: claimRequest,
  response: claimed,
})

export const heartbeat = operation({
  id: 'worker.heartbeat',
  method: 'POST',
  path: '/api/v1/worker/heartbeat',
  permission: 'runs:work',
  limits: { body_bytes: 4 * platformLimits.body_bytes_max },
  audit: false,
  summary: 'Keeps leases alive, brings progress and log lines, and tells which runs are to end.',
  body: heartbeatRequest,
  response: heartbeatAnswer,
})

export const completeRun = operation({
  id: 'worker.complete',
  method: 'POST',
  path: '/api/v1/worker/complete',
  permission: 'runs:work',
  audit: true,
  summary: 'Records the result of a run. The same again is answered the same.',
  body: completeRequest,
  response: recorded,
  status: 202,
})

export const failRun = operation({
  id: 'worker.fail',
  method: 'POST',
  path: '/api/v1/worker/fail',
  permission: 'runs:work',
  audit: true,
  summary: 'Records that a run failed, and whether another try may help.',
  body: failRequest,
  response: recorded,
  status: 202,
})

export const releaseRun = operation({
  id: 'worker.release',
  method: 'POST',
  path: '/api/v1/worker/release',
  permission: 'runs:work',
  audit: true,
  summary: 'Gives a lease back; this counts nowhere.',
  body: releaseRequest,
  response: recorded,
  status: 202,
})

export const askPerson = operation({
  id: 'worker.ask',
  method: 'POST',
  path: '/api/v1/worker/ask',
  permission: 'runs:work',
  limits: { body_bytes: 2 * platformLimits.body_bytes_max },
  audit: true,
  summary: 'Puts a question of a run to people: its lease is given back, and a later run goes on with the answer.',
  body: askRequest,
  response: asked,
  status: 202,
})

export const getWorkerTaskStatus = operation({
  id: 'worker.task-status',
  method: 'GET',
  path: '/api/v1/worker/task/{id}/status',
  permission: 'runs:work',
  audit: false,
  summary: 'Gives the runs of a task.',
  params: z.strictObject({ id: taskId }),
  response: workerTaskStatus,
})

export const streamTaskLog = operation({
  id: 'worker.log-stream',
  method: 'GET',
  path: '/api/v1/logs/{task_id}/stream',
  permission: 'tasks:read',
  audit: false,
  summary: 'Streams the log of a task’s runs as server-sent events, resumable by cursor; ends with the task.',
  params: z.strictObject({ task_id: taskId }),
  query: logStreamQuery,
  response: taskLogLine,
  content: 'events',
  headers: ['Last-Event-ID'],
})

export const listRuns = operation({
  id: 'runs.list',
  method: 'GET',
  path: '/api/v1/runs',
  permission: 'tasks:read',
  audit: false,
  summary: 'Lists runs, newest first, live and ended.',
  query: runQuery,
  response: runList,
})

export const getRun = operation({
  id: 'runs.get',
  method: 'GET',
  path: '/api/v1/runs/{id}',
  permission: 'tasks:read',
  audit: false,
  summary: 'Gives a run with what it was told, what it reported, its verdicts, its commit and how it came about.',
  params: z.strictObject({ id: runId }),
  response: runDetail,
})

export const listTaskRuns = operation({
  id: 'tasks.runs',
  method: 'GET',
  path: '/api/v1/tasks/{id}/runs',
  permission: 'tasks:read',
  audit: false,
  summary: 'Lists the runs of a task, newest first.',
  params: z.strictObject({ id: taskId }),
  query: taskRunQuery,
  response: runList,
})

export const getTaskWhy = operation({
  id: 'tasks.why',
  method: 'GET',
  path: '/api/v1/tasks/{id}/why',
  permission: 'tasks:read',
  audit: false,
  summary: 'Explains why a task is not running, and what would change that.',
  params: z.strictObject({ id: taskId }),
  response: why,
})

/** The operations of the worker. */
export const workerOperations = [
  claimRuns,
  heartbeat,
  completeRun,
  failRun,
  releaseRun,
  askPerson,
  getWorkerTaskStatus,
  streamTaskLog,
  listRuns,
  getRun,
  listTaskRuns,
  getTaskWhy,
]
