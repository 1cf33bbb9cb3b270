import { limits } from '@muster/contract/limits'
import type { ClaimedRun, ClaimRequest } from '@muster/contract/worker/claims'
import type { HeartbeatOutcome, HeartbeatRequest } from '@muster/contract/worker/heartbeats'
import type { Caller } from '../../platform/caller.ts'
import type { TenantTx, Tx } from '../../platform/db/db.ts'
import type { RequestTransactions } from '../../platform/db/request-transactions.ts'
import type { Dispatch } from '../../platform/dispatch/dispatch.ts'
import { MusterError, notFound } from '../../platform/errors.ts'
import { keyIdOf } from '../../platform/principal.ts'
import { artifactIdsIn } from '../artifacts/artifacts.port.ts'
import type { IdentityPort } from '../identity/identity.port.ts'
import type { ClaimedAssignment } from './operations/claim.ts'
import { type BriefArtifact, briefOf } from './rules/brief.rules.ts'
import type { RunKeys } from './run-keys.service.ts'
import { checkpointStore } from './store/checkpoint.store.ts'
import { leaseStore } from './store/lease.store.ts'
import type { LiveRun } from './worker.port.ts'
import type { Worker } from './worker.service.ts'

export interface RemoteDeps {
  readonly transactions: RequestTransactions
  readonly dispatch: Dispatch
  readonly worker: Worker
  readonly agents: {
    find(tx: Tx, organization_id: string, ref: string): Promise<string | undefined>
    /** Notes that the agent was here just now. */
    recordPresence(
      tx: TenantTx,
      refs: readonly { readonly organization_id: string; readonly agent_id: string }[],
    ): Promise<void>
  }
  readonly artifacts: {
    describe(
      tx: Tx,
      organization_id: string,
      ids: readonly string[],
    ): Promise<readonly (BriefArtifact & { readonly project_id: string; readonly agent_id: string | null })[]>
  }
  /** Makes the keys that claimed runs get. */
  readonly keys: Pick<RunKeys, 'keyOf'>
  readonly identity: Pick<IdentityPort, 'refuseRevoked'>
  readonly tasks: (tx: Tx, organization_id: string, task_id: string) => Promise<ClaimedAssignment['task'] | undefined>
}

/** A key with an agent works for that agent; another key for runs that it claimed or may work for. */
export function owns(caller: Caller, run: { readonly agent_id: string }): boolean {
  return caller.agent_id === null || caller.agent_id === run.agent_id
}

type ClaimAnswer = {
  readonly runs: readonly (Omit<ClaimedRun, 'brief' | 'run_id' | 'task_id'> & {
    run_id: string
    task_id: string
    brief: ReturnType<typeof briefOf>
  })[]
}

/** How long to wait for a hint before looking again. */
const again_ms = limits.heartbeat_ms

/** The first half of the protocol of remote agents: claim and heartbeat. Any program in any language may speak it. */
export function createRemote(deps: RemoteDeps) {
  const { transactions, dispatch, worker } = deps

  /** Long-polls: looks at once, at every hint and at each heartbeat, until there is work or the time is up. */
  async function claim(caller: Caller, request: ClaimRequest, signal: AbortSignal): Promise<ClaimAnswer> {
    const agent_id = await transactions.read(caller, async (tx) => {
      const id = await mayWorkFor(tx, caller, { agents: deps.agents, ref: request.agent_id })
      await deps.agents.recordPresence(tx, [{ organization_id: caller.organization_id, agent_id: id }])
      return id
    })
    const { organization_id, principal: actor } = caller
    const until = Date.now() + request.wait_ms
    for (;;) {
      const claimer = {
        runtime: 'remote' as const,
        organization_id,
        agent_id,
        capabilities: request.capabilities ?? null,
      }
      const assignments = await worker.claim({ claimer, max: request.max, claimed_by: actor, process_id: null })
      const left_ms = until - Date.now()
      if (assignments.length > 0 || left_ms <= 0 || signal.aborted) return claimAnswer(deps, caller, assignments)
      await dispatch.next('task_queue', { timeout_ms: Math.min(again_ms, left_ms), signal })
      await transactions.read(caller, (tx) => deps.identity.refuseRevoked(tx, caller.organization_id, caller.principal))
    }
  }

  async function heartbeat(caller: Caller, request: HeartbeatRequest) {
    const { organization_id } = caller
    return transactions.read(caller, async (tx) => {
      const runById = await heldRuns(tx, caller, request)
      const extendedLeases = await leaseStore.extend(
        tx,
        request.runs.filter(({ run_id }) => runById.has(run_id)).map((beat) => ({ organization_id, ...beat })),
        limits.lease_ms,
      )
      const expires = new Map(extendedLeases.map((row) => [row.run_id, row.expires_at]))
      const runs: { run_id: string; outcome: HeartbeatOutcome; expires_at?: string }[] = []
      for (const { run_id, log } of request.runs) {
        const expires_at = expires.get(run_id)
        const run = runById.get(run_id)
        if (expires_at !== undefined && run && log && log.length > 0) await leaseStore.log(tx, run, log)
        if (expires_at !== undefined) runs.push({ run_id, outcome: 'ok', expires_at })
        else runs.push({ run_id, outcome: await lossOf(tx, organization_id, run_id) })
      }
      const agent = caller.agent_id ?? [...runById.values()][0]?.agent_id
      if (agent) await deps.agents.recordPresence(tx, [{ organization_id, agent_id: agent }])
      return { runs }
    })
  }

  return { claim, heartbeat }
}

/** The answer to a claim: each run with its brief. */
async function claimAnswer(
  deps: RemoteDeps,
  caller: Caller,
  assignments: readonly ClaimedAssignment[],
): Promise<ClaimAnswer> {
  if (assignments.length === 0) return { runs: [] }
  const artifactIdsByRun = assignments.map(({ task }) => artifactIdsIn(task.input))
  const { organization_id } = caller
  const task_ids = assignments.map(({ task }) => task.task_id)
  const [describedArtifacts, answeredQuestions] = await deps.transactions.read(caller, async (tx) => [
    await deps.artifacts.describe(tx, organization_id, [...new Set(artifactIdsByRun.flat())]),
    await checkpointStore.answered(tx, organization_id, task_ids),
  ])
  const mayCallModels = caller.agent_id !== null || caller.permissions.has('models:use')
  const questionByTask = new Map(answeredQuestions.map((one) => [one.task_id, one]))
  const artifactById = new Map(describedArtifacts.map((artifact) => [String(artifact.artifact_id), artifact]))
  return {
    runs: assignments.map(({ run, task, documents }, index) => {
      const artifacts = (artifactIdsByRun[index] ?? []).flatMap((id) => artifactById.get(id) ?? [])
      const { run_id, task_id, token, expires_at } = run
      const answeredQuestion = questionByTask.get(task_id)
      // A checkpoint is for the agent that left it: another agent gets the answer and starts anew.
      const own =
        answeredQuestion &&
        (answeredQuestion.agent_id === run.agent_id ? answeredQuestion : { ...answeredQuestion, checkpoint: null })
      const brief = briefOf(run, task, { documents, artifacts, asked: own })
      return {
        run_id,
        task_id,
        token,
        expires_at,
        brief,
        ...(mayCallModels && { model_key: deps.keys.keyOf(run, keyIdOf(caller.principal)) }),
      }
    }),
  }
}

async function lossOf(tx: Tx, organization_id: string, run_id: string): Promise<HeartbeatOutcome> {
  const endedRun = await leaseStore.endedRun(tx, organization_id, run_id)
  if (endedRun?.status === 'cancelled') return 'cancelled'
  return endedRun?.status === 'given_back' ? 'stopped' : 'lease_lost'
}

async function mayWorkFor(
  tx: Tx,
  caller: Caller,
  { agents, ref }: { agents: RemoteDeps['agents']; ref: string },
): Promise<string> {
  const agent_id = await agents.find(tx, caller.organization_id, ref)
  if (agent_id === undefined) throw notFound('agent', ref)
  if (caller.agent_id !== null && caller.agent_id !== agent_id)
    throw new MusterError('forbidden', 'This API key can only work for its own agent.', {
      value: ref,
      permission: 'runs:work',
    })
  return agent_id
}

async function heldRuns(tx: TenantTx, caller: Caller, request: HeartbeatRequest): Promise<Map<string, LiveRun>> {
  const runById = new Map<string, LiveRun>()
  for (const { run_id, token } of request.runs) {
    const run = await leaseStore.run(tx, caller.organization_id, run_id)
    if (run && run.token === token && owns(caller, run)) runById.set(run_id, run)
  }
  return runById
}
