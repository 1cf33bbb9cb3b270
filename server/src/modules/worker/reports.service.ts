import type { AskRequest, CompleteRequest, FailRequest, ReleaseRequest } from '@muster/contract/worker/reports'
import type { Caller } from '../../platform/caller.ts'
import type { Tx } from '../../platform/db/db.ts'
import { MusterError, notFound } from '../../platform/errors.ts'
import { sha256 } from '../../platform/journal/seal.ts'
import { killPoint } from '../../platform/kill-points.ts'
import { artifactIdsIn } from '../artifacts/artifacts.port.ts'
import type { Usage } from '../runtimes/runtimes.port.ts'
import { owns, type RemoteDeps } from './remote.service.ts'
import { type LeaseRow, leaseStore } from './store/lease.store.ts'
import type { EndedResult, LiveRun, SettleOutcome } from './worker.port.ts'
import type { Worker } from './worker.service.ts'

const completeBeforeCommit = killPoint('worker.complete.before_commit')
const completeAfterCommit = killPoint('worker.complete.after_commit')

/** The reporting half of the protocol of remote agents: complete, fail, release. */
export function createReports(deps: RemoteDeps) {
  return {
    complete: (caller: Caller, request: CompleteRequest) => complete(deps, caller, request),
    async fail(caller: Caller, { run_id, token, error, retryable, usage }: FailRequest) {
      const unfinished = { how: 'failed', ...error, retryable } as const
      await endOne(deps, caller, { run_id, token, unfinished, usage: usageOf(usage) })
      return { run_id, outcome: 'recorded' as const }
    },
    async release(caller: Caller, { run_id, token, reason }: ReleaseRequest) {
      await endOne(deps, caller, { run_id, token, unfinished: { how: 'given_back', reason } })
      return { run_id, outcome: 'recorded' as const }
    },
    ask: createAsk(deps),
  }
}

async function complete(
  deps: RemoteDeps,
  caller: Caller,
  request: CompleteRequest,
): Promise<{ run_id: string; outcome: 'recorded' }> {
  const { transactions, worker } = deps
  refuseEffects(request)
  const { run_id } = request
  const output = JSON.stringify(request.output)
  const output_sha256 = sha256(output).toString('hex')
  const runOrRepeat = await transactions.read(caller, async (tx) => {
    const run = await leaseStore.run(tx, caller.organization_id, run_id)
    if (!run || run.token !== request.token || !owns(caller, run))
      return { ended: await findRepeatedResult(tx, caller, { request, output_sha256 }) }
    await mustBeReadable(deps, tx, { caller, run, request })
    return { run, task: await deps.tasks(tx, caller.organization_id, run.task_id) }
  })
  if (!('run' in runOrRepeat) || !runOrRepeat.run || !runOrRepeat.task) return { run_id, outcome: 'recorded' }
  const { run, task } = runOrRepeat
  completeBeforeCommit()
  const outcome = await worker.settle({
    run,
    task,
    completed_by: caller.principal,
    output,
    value: request.output,
    output_sha256,
    artifact_ids: request.artifacts?.map(({ artifact_id }) => artifact_id) ?? [],
    source_ids: artifactIdsIn(task.input),
    confidence: request.confidence,
    usage: usageOf(request.usage),
  })
  completeAfterCommit()
  refuse(outcome, run_id)
  return { run_id, outcome: 'recorded' }
}

async function endOne(
  { transactions, worker }: RemoteDeps,
  caller: Caller,
  {
    run_id,
    token,
    ...attempt
  }: { run_id: string; token: number } & Omit<Parameters<Worker['endAttempts']>[0][number], 'lease'>,
): Promise<void> {
  const lease = await transactions.read(caller, async (tx): Promise<LeaseRow | undefined> => {
    const run = await leaseStore.run(tx, caller.organization_id, run_id)
    if (run && run.token === token && owns(caller, run)) return run
    const endedRun = await leaseStore.endedRun(tx, caller.organization_id, run_id)
    if (!run && !endedRun) throw notFound('run', run_id)
    const expectedStatus = attempt.unfinished.how
    if (endedRun && endedRun.token === token && endedRun.status === expectedStatus && owns(caller, endedRun))
      return undefined
    throw leaseLost(run_id)
  })
  if (!lease) return
  const endedRunIds = await worker.endAttempts([{ lease, ...attempt }])
  if (!endedRunIds.has(run_id)) throw leaseLost(run_id)
}

/** The lease is given back, and a later run of the task goes on with the answer. */
function createAsk(deps: RemoteDeps) {
  const { transactions, worker } = deps
  return async function ask(caller: Caller, request: AskRequest) {
    const { run_id, question, options = [], checkpoint = null } = request
    const { run, task } = await transactions.read(caller, async (tx) => {
      const run = await leaseStore.run(tx, caller.organization_id, run_id)
      if (!run && !(await leaseStore.endedRun(tx, caller.organization_id, run_id))) throw notFound('run', run_id)
      if (!run || run.token !== request.token || !owns(caller, run)) throw leaseLost(run_id)
      return { run, task: await deps.tasks(tx, caller.organization_id, run.task_id) }
    })
    if (!task) throw leaseLost(run_id)
    const usage = usageOf(request.usage)
    const approval_id = await worker.ask({ run, task, question, options, checkpoint, usage })
    return { run_id, outcome: 'recorded' as const, approval_id }
  }
}

/**
 * A result may name, also in its output, only artifacts of its run's project that its agent may read: dependent tasks
 * get access to artifacts that it names.
 */
async function mustBeReadable(
  deps: Pick<RemoteDeps, 'artifacts'>,
  tx: Tx,
  { caller, run, request }: { readonly caller: Caller; readonly run: LiveRun; readonly request: CompleteRequest },
): Promise<void> {
  const { organization_id, project_id } = run
  const reportedIds = request.artifacts?.map(({ artifact_id }) => String(artifact_id)) ?? []
  const ids = [...new Set([...reportedIds, ...artifactIdsIn(request.output)])]
  if (ids.length === 0) return
  const { agent_id } = caller
  const artifacts = await deps.artifacts.describe(tx, organization_id, ids)
  const handedOutIds =
    agent_id === null ? new Set(ids) : await leaseStore.handedOut(tx, organization_id, { agent_id, artifact_ids: ids })
  const readable = artifacts.filter(
    (one) => one.project_id === project_id && (one.agent_id === agent_id || handedOutIds.has(String(one.artifact_id))),
  )
  const readableIds = new Set(readable.map(({ artifact_id }) => String(artifact_id)))
  const unreadableId = ids.find((id) => !readableIds.has(id))
  if (unreadableId !== undefined) throw notFound('artifact', unreadableId)
}

function refuse(outcome: SettleOutcome, run_id: string): void {
  if (outcome === 'stopped')
    throw new MusterError('stopped', 'An emergency stop is active; the result was not accepted.', { value: run_id })
  if (outcome === 'lease_lost' || outcome === 'cancelled') throw leaseLost(run_id)
}

function leaseLost(run_id: string): MusterError {
  return new MusterError('lease_lost', `The lease of run ${run_id} was lost.`, {
    value: run_id,
    remedy: 'Stop working on this run and claim again; another run may have the task.',
  })
}

/** A usage without one of its parts is unknown as a whole. */
function usageOf(usage: CompleteRequest['usage']): Usage | undefined {
  if (usage?.cost_micro_usd === undefined || usage.tokens === undefined) return undefined
  return { cost_micro_usd: usage.cost_micro_usd, tokens: usage.tokens }
}

/** The same result sent again is answered the same; anything else has lost its lease. */
async function findRepeatedResult(
  tx: Tx,
  caller: Caller,
  { request, output_sha256 }: { request: CompleteRequest; output_sha256: string },
): Promise<EndedResult> {
  const endedRun = await leaseStore.endedRun(tx, caller.organization_id, request.run_id)
  if (!endedRun && !(await leaseStore.run(tx, caller.organization_id, request.run_id)))
    throw notFound('run', request.run_id)
  const same =
    endedRun?.status === 'finished' && endedRun.token === request.token && endedRun.output_sha256 === output_sha256
  if (!endedRun || !same || !owns(caller, endedRun)) throw leaseLost(request.run_id)
  return endedRun
}

function refuseEffects({ effects = [] }: CompleteRequest): void {
  if (effects.length === 0) return
  const message = 'The result proposes an effect. Effects are not available in this version.'
  throw new MusterError('effects_unavailable', message, { field: 'effects' })
}
