import { claimRuns, completeRun, failRun, getWorkerTaskStatus, heartbeat, releaseRun } from '@muster/contract/operations/worker'
import { type Route, route } from '../../platform/http/route.ts'
import type { createRemote } from './remote.service.ts'
import type { createTaskStatus } from './task-status.service.ts'

export function workerRoutes(remote: ReturnType<typeof createRemote>, status: ReturnType<typeof createTaskStatus>): readonly Route[] {
  return [
    route(claimRuns, ({ caller, body, signal }) => remote.claim(caller, body, signal)),
    route(heartbeat, ({ caller, body }) => remote.heartbeat(caller, body)),
    route(completeRun, ({ caller, body }) => remote.complete(caller, body)),
    route(failRun, ({ caller, body }) => remote.fail(caller, body)),
    route(releaseRun, ({ caller, body }) => remote.release(caller, body)),
    route(getWorkerTaskStatus, ({ caller, params }) => status.get(caller, params.id)),
  ]
}
