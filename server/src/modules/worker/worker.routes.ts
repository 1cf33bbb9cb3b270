import {
  askPerson,
  claimRuns,
  completeRun,
  failRun,
  getRun,
  getTaskWhy,
  getWorkerTaskStatus,
  heartbeat,
  listRuns,
  listTaskRuns,
  releaseRun,
} from '@muster/contract/worker/operations'
import { type Route, route } from '../../platform/http/route.ts'
import type { createRuns } from './operations/list-runs.ts'
import type { createRunDetails } from './operations/run-details.ts'
import type { createRemote } from './remote.service.ts'
import type { createReports } from './reports.service.ts'
import type { createTaskStatus } from './task-status.service.ts'
import type { createTaskWhy } from './task-why.service.ts'

export interface WorkerServices {
  readonly remote: ReturnType<typeof createRemote>
  readonly reports: ReturnType<typeof createReports>
  readonly runs: ReturnType<typeof createRuns>
  readonly details: ReturnType<typeof createRunDetails>
  readonly status: ReturnType<typeof createTaskStatus>
  readonly why: ReturnType<typeof createTaskWhy>
}

export function workerRoutes({ remote, reports, runs, details, status, why }: WorkerServices): readonly Route[] {
  return [
    route(claimRuns, ({ caller, body, signal }) => remote.claim(caller, body, signal)),
    route(heartbeat, ({ caller, body }) => remote.heartbeat(caller, body)),
    route(completeRun, ({ caller, body }) => reports.complete(caller, body)),
    route(failRun, ({ caller, body }) => reports.fail(caller, body)),
    route(askPerson, ({ caller, body }) => reports.ask(caller, body)),
    route(releaseRun, ({ caller, body }) => reports.release(caller, body)),
    route(getWorkerTaskStatus, ({ caller, params }) => status.get(caller, params.id)),
    route(listRuns, ({ caller, query }) => runs.list(caller, query)),
    route(getRun, ({ caller, params }) => details(caller, params.id)),
    route(getTaskWhy, ({ caller, params }) => why(caller, params.id)),
    route(listTaskRuns, ({ caller, params, query }) => runs.ofTask(caller, params.id, query)),
  ]
}
