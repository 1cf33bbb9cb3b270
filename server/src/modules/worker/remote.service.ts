import { limits } from '@muster/contract/limits'
import type {
  ClaimedRun,
  ClaimRequest,
  CompleteRequest,
  FailRequest,
  HeartbeatOutcome,
  HeartbeatRequest,
  ReleaseRequest,
} from '@muster/contract/shapes/runs'
import type { Caller } from '../../platform/caller.ts'
import type { TenantTx, Tx } from '../../platform/db/db.ts'
import type { Door } from '../../platform/db/door.ts'
import type { Dispatch } from '../../platform/dispatch/dispatch.ts'
import { MusterError, notFound } from '../../platform/errors.ts'
import { sha256 } from '../../platform/journal/seal.ts'
import { artifactIdsIn, briefOf } from './brief.rules.ts'
import { leaseStore, type LeaseRow } from './lease.store.ts'
import type { Assignment } from './runtime.types.ts'
import type { EndedResult, LiveRun, SettleOutcome, Usage } from './worker.port.ts'
import type { Worker } from './worker.service.ts'

export interface RemoteParts {
  readonly door: Door
  readonly dispatch: Dispatch
  readonly worker: Worker
  readonly agents: {
    find(tx: Tx, organization_id: string, ref: string): Promise<string | undefined>
    /** Notes that the agent was here just now. */
    seen(tx: TenantTx, refs: readonly { readonly organization_id: string; readonly agent_id: string }[]): Promise<void>
  }
  readonly artifacts: {
    describe(tx: Tx, organization_id: string, ids: readonly string[]): Promise<readonly BriefArtifact[]>
  }
  /** What the tasks are, for results that come back from outside. */
  readonly tasks: (tx: Tx, organization_id: string, task_id: string) => Promise<Assignment['task'] | undefined>
}

type BriefArtifact = Omit<ClaimedRun['brief']['artifacts'][number], 'artifact_id'> & { readonly artifact_id: string }

type Claimed = { readonly runs: readonly (Omit<ClaimedRun, 'brief' | 'run_id' | 'task_id'> & { run_id: string; task_id: string; brief: ReturnType<typeof briefOf> })[] }

const again_ms = 1000

/** The protocol of remote agents: claim, heartbeat, complete, fail, release. Any program in any language may speak it. */
export function createRemote(parts: RemoteParts) {
  const { door, dispatch, worker } = parts

  /** Long-polls: looks at once, at every hint and each second, until there is work or the time is up. */
  async function claim(caller: Caller, request: ClaimRequest, signal: AbortSignal): Promise<Claimed> {
    const agent_id = await door.read(caller, async (tx) => {
      const id = await mayWorkFor(tx, caller, request.agent_id)
      await parts.agents.seen(tx, [{ organization_id: caller.organization_id, agent_id: id }])
      return id
    })
    const { organization_id, actor } = caller
    const until = Date.now() + request.wait_ms
    for (;;) {
      const claimer = { runtime: 'remote' as const, organization_id, agent_id, capabilities: request.capabilities ?? null }
      const assignments = await worker.claim({ claimer, max: request.max, claimed_by: actor, process_id: null })
      const left_ms = until - Date.now()
      if (assignments.length > 0 || left_ms <= 0 || signal.aborted) return briefed(caller, assignments)
      await dispatch.next('task_queue', { timeout_ms: Math.min(again_ms, left_ms), signal })
    }
  }

  async function briefed(caller: Caller, assignments: readonly Assignment[]): Promise<Claimed> {
    if (assignments.length === 0) return { runs: [] }
    const wanted = assignments.map(({ task }) => artifactIdsIn(task.input))
    const known = await door.read(caller, (tx) => parts.artifacts.describe(tx, caller.organization_id, [...new Set(wanted.flat())]))
    const by_id = new Map(known.map((artifact) => [String(artifact.artifact_id), artifact]))
    return {
      runs: assignments.map(({ run, task, documents }, index) => {
        const artifacts = (wanted[index] ?? []).flatMap((id) => by_id.get(id) ?? [])
        const { run_id, task_id, token, expires_at } = run
        return { run_id, task_id, token, expires_at, brief: briefOf(run, task, { documents, artifacts }) }
      }),
    }
  }

  async function heartbeat(caller: Caller, request: HeartbeatRequest) {
    const { organization_id } = caller
    return door.read(caller, async (tx) => {
      const held = await heldRuns(tx, caller, request)
      const kept = await leaseStore.extend(tx, request.runs.filter(({ run_id }) => held.has(run_id)).map((beat) => ({ organization_id, ...beat })), limits.lease_ms)
      const expires = new Map(kept.map((row) => [row.run_id, row.expires_at]))
      const runs: { run_id: string; outcome: HeartbeatOutcome; expires_at?: string }[] = []
      for (const { run_id, log } of request.runs) {
        const expires_at = expires.get(run_id)
        const run = held.get(run_id)
        if (expires_at !== undefined && run && log && log.length > 0) await leaseStore.log(tx, run, log)
        if (expires_at !== undefined) runs.push({ run_id, outcome: 'ok', expires_at })
        else runs.push({ run_id, outcome: await lossOf(tx, organization_id, run_id) })
      }
      const agent = caller.agent_id ?? [...held.values()][0]?.agent_id
      if (agent) await parts.agents.seen(tx, [{ organization_id, agent_id: agent }])
      return { runs }
    })
  }

  async function heldRuns(tx: TenantTx, caller: Caller, request: HeartbeatRequest): Promise<Map<string, LiveRun>> {
    const held = new Map<string, LiveRun>()
    for (const { run_id, token } of request.runs) {
      const run = await leaseStore.run(tx, caller.organization_id, run_id)
      if (run && run.token === token && owns(caller, run)) held.set(run_id, run)
    }
    return held
  }

  async function complete(caller: Caller, request: CompleteRequest): Promise<{ run_id: string; outcome: 'recorded' }> {
    if (request.effects && request.effects.length > 0)
      throw new MusterError('effects_unavailable', 'The result proposes an effect, and effects are not available in this version.', { field: 'effects' })
    const { run_id } = request
    const output = JSON.stringify(request.output)
    const output_sha256 = sha256(output).toString('hex')
    const found = await door.read(caller, async (tx) => {
      const run = await leaseStore.run(tx, caller.organization_id, run_id)
      if (!run || run.token !== request.token || !owns(caller, run)) return { ended: await repeated(tx, caller, request, output_sha256) }
      return { run, task: await parts.tasks(tx, caller.organization_id, run.task_id) }
    })
    if (!('run' in found) || !found.run || !found.task) return { run_id, outcome: 'recorded' }
    const { run, task } = found
    const outcome = await worker.settle({
      run,
      task,
      completed_by: caller.actor,
      output,
      value: request.output,
      output_sha256,
      artifact_ids: request.artifacts?.map(({ artifact_id }) => artifact_id) ?? [],
      source_ids: artifactIdsIn(task.input),
      confidence: request.confidence,
      usage: usageOf(request.usage),
    })
    refuse(outcome, run_id)
    return { run_id, outcome: 'recorded' }
  }

  /** The same result sent again is answered the same; anything else has lost its lease. */
  async function repeated(tx: Tx, caller: Caller, request: CompleteRequest, output_sha256: string): Promise<EndedResult> {
    const ended = await leaseStore.endedRun(tx, caller.organization_id, request.run_id)
    if (!ended && !(await leaseStore.run(tx, caller.organization_id, request.run_id))) throw notFound('run', request.run_id)
    const same = ended?.status === 'finished' && ended.token === request.token && ended.output_sha256 === output_sha256
    if (!ended || !same || !owns(caller, ended)) throw leaseLost(request.run_id)
    return ended
  }

  async function fail(caller: Caller, { run_id, token, error, retryable, usage }: FailRequest) {
    await endOne(caller, { run_id, token, unfinished: { how: 'failed', ...error, retryable }, usage: usageOf(usage) })
    return { run_id, outcome: 'recorded' as const }
  }

  async function release(caller: Caller, { run_id, token, reason }: ReleaseRequest) {
    await endOne(caller, { run_id, token, unfinished: { how: 'given_back', reason } })
    return { run_id, outcome: 'recorded' as const }
  }

  async function endOne(
    caller: Caller,
    { run_id, token, ...attempt }: { run_id: string; token: number } & Omit<Parameters<Worker['endAttempts']>[0][number], 'lease'>,
  ): Promise<void> {
    const lease = await door.read(caller, async (tx): Promise<LeaseRow | undefined> => {
      const run = await leaseStore.run(tx, caller.organization_id, run_id)
      if (run && run.token === token && owns(caller, run)) return run
      const ended = await leaseStore.endedRun(tx, caller.organization_id, run_id)
      if (!run && !ended) throw notFound('run', run_id)
      const expected = attempt.unfinished.how
      if (ended && ended.token === token && ended.status === expected && owns(caller, ended)) return undefined
      throw leaseLost(run_id)
    })
    if (!lease) return
    const ended = await worker.endAttempts([{ lease, ...attempt }])
    if (!ended.has(run_id)) throw leaseLost(run_id)
  }

  async function mayWorkFor(tx: Tx, caller: Caller, ref: string): Promise<string> {
    const agent_id = await parts.agents.find(tx, caller.organization_id, ref)
    if (agent_id === undefined) throw notFound('agent', ref)
    if (caller.agent_id !== null && caller.agent_id !== agent_id)
      throw new MusterError('forbidden', 'This key may do the work of its own agent only.', { value: ref, permission: 'runs:work' })
    return agent_id
  }

  return { claim, heartbeat, complete, fail, release }
}

/** A key with an agent works for that agent; another key for what it claimed itself or may work for. */
function owns(caller: Caller, run: { readonly agent_id: string }): boolean {
  return caller.agent_id === null || caller.agent_id === run.agent_id
}

async function lossOf(tx: Tx, organization_id: string, run_id: string): Promise<HeartbeatOutcome> {
  const ended = await leaseStore.endedRun(tx, organization_id, run_id)
  if (ended?.status === 'cancelled') return 'cancelled'
  return ended?.status === 'given_back' ? 'stopped' : 'lease_lost'
}

function refuse(outcome: SettleOutcome, run_id: string): void {
  if (outcome === 'stopped') throw new MusterError('stopped', 'An emergency stop is in force; the result was not taken.', { value: run_id })
  if (outcome === 'lease_lost' || outcome === 'cancelled') throw leaseLost(run_id)
}

function leaseLost(run_id: string): MusterError {
  return new MusterError('lease_lost', `The run ${run_id} is not held under this token any more.`, {
    value: run_id,
    remedy: 'Drop the work and claim again; another run may be doing the task.',
  })
}

/** A usage with a part missing is unknown as a whole. */
function usageOf(usage: CompleteRequest['usage']): Usage | undefined {
  if (usage?.cost_micro_usd === undefined || usage.tokens === undefined) return undefined
  return { cost_micro_usd: usage.cost_micro_usd, tokens: usage.tokens }
}
