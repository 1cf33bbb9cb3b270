import type { MovedFact } from '@muster/contract/approvals/errors'
import type { ValidateRequest } from '@muster/contract/judge/validation'
import type { Caller } from '../../platform/caller.ts'
import type { TenantTx } from '../../platform/db/db.ts'
import type { RequestTransactions } from '../../platform/db/request-transactions.ts'
import { MusterError, notFound } from '../../platform/errors.ts'
import { nil_id } from '../../platform/ids.ts'
import { sha256 } from '../../platform/journal/seal.ts'
import type { RunResult } from '../worker/worker.port.ts'
import { judgeStore } from './judge.store.ts'
import type { AdmittedResult, StoredVerdict } from './judge.types.ts'
import { commitApproved, isStopped, movedFact } from './operations/approved.ts'
import { lineageOf } from './operations/lineage.ts'
import { recordedResult, reviewAll } from './operations/review.ts'
import type { JudgeDeps } from './operations/settle.ts'
import { present, presentStored } from './rules/present.rules.ts'

/** The judge's routes: a verdict on a run or on a given output, and a commit that policy leaves to callers. */
export function createByHand(deps: JudgeDeps, transactions: RequestTransactions) {
  return {
    validate(caller: Caller, request: ValidateRequest) {
      const { run_id, project_id } = request
      return transactions.write(caller, async (tx) => {
        if (run_id !== undefined) return validateRun(deps, tx, { caller, run_id })
        if (project_id === undefined)
          throw new MusterError('invalid', 'run_id or project_id is required.', { field: 'run_id' })
        return validateGiven(deps, tx, { caller, request: { ...request, project_id } })
      })
    },
    commit: (caller: Caller, verdict_id: string) =>
      transactions.write(caller, (tx) => commitByHand(deps, tx, { caller, verdict_id })),
  }
}

async function validateRun(deps: JudgeDeps, tx: TenantTx, { caller, run_id }: { caller: Caller; run_id: string }) {
  const { organization_id } = caller
  const run = await deps.worker.result(tx, organization_id, run_id)
  if (!run) throw notFound('finished run', run_id)
  const { gate } = await deps.projects.inForce(tx, run)
  const earlierVerdict = await judgeStore.verdict(tx, organization_id, { run_id })
  // A verdict by an older policy is of no use for a commit by hand, so the run is judged again.
  const stands = earlierVerdict?.policy_version === gate.policy_version || run.output === null
  if (!earlierVerdict || !stands) await reviewAll(deps, tx, [{ organization_id, run_id }])
  const verdict = await judgeStore.verdict(tx, organization_id, { run_id })
  if (!verdict) throw notFound('verdict on the run', run_id)
  return presentStored(verdict)
}

/** Judges an output that belongs to no run; nothing is recorded. */
async function validateGiven(
  deps: JudgeDeps,
  tx: TenantTx,
  { caller, request }: { caller: Caller; request: ValidateRequest & { project_id: string } },
) {
  const { organization_id } = caller
  const { gate, policy } = await deps.projects.inForce(tx, { organization_id, project_id: request.project_id })
  const result = givenResult(caller, request)
  const taskRef = { organization_id, task_id: nil_id, project_id: request.project_id, goal_id: null }
  const counters = { attempts: 0, leases_lost: 0, retries: 0, conflicts: 0 }
  const policyField = { policy_version: gate.policy_version }
  const state: AdmittedResult['state'] = {
    ...taskRef,
    ...counters,
    ...policyField,
    goal_status: null,
    status: 'in_review',
    stopped: gate.stopped,
  }
  const verdict = await deps.examine(tx, { result, state, policy })
  return present(verdict, { ...policyField, sha256: result.output_sha256 })
}

/** The given output in the shape of a run's result. */
function givenResult(caller: Caller, request: ValidateRequest & { project_id: string }): RunResult {
  const { project_id, output, capability = 'noop', checks, output_schema, artifact_ids = [], confidence } = request
  const text = JSON.stringify(output ?? null)
  const taskRef = { organization_id: caller.organization_id, task_id: nil_id, project_id, goal_id: null }
  const times = { claimed_at: '', expires_at: '', deadline_at: '' }
  const costs = { cost_micro_usd: 0, tokens: 0, timeout_ms: 0, attempts_max: 1 }
  return {
    run: {
      ...taskRef,
      ...times,
      run_id: nil_id,
      agent_id: nil_id,
      token: 1,
      claimed_by: caller.principal,
      read_set: [],
    },
    task: {
      ...taskRef,
      ...costs,
      revision: 1,
      key: 'given',
      title: 'given',
      capability,
      agent_id: null,
      priority: 2,
      input: null,
      spec: { writes: [], ...(checks && { checks }), ...(output_schema && { output_schema }) },
      created_by: caller.principal,
      feedback: [],
    },
    completed_by: caller.principal,
    output: text,
    value: output ?? null,
    output_sha256: sha256(text).toString('hex'),
    artifact_ids,
    source_ids: [],
    confidence,
  }
}

/** Commits a result where policy leaves that to callers (`commit: manual`). */
async function commitByHand(
  deps: JudgeDeps,
  tx: TenantTx,
  { caller, verdict_id }: { caller: Caller; verdict_id: string },
) {
  const { organization_id } = caller
  const verdict = await judgeStore.verdict(tx, organization_id, { verdict_id })
  if (!verdict) throw notFound('verdict', verdict_id)
  if (verdict.route_to !== 'commit')
    throw new MusterError(
      'approval_required',
      `The verdict routes to ${verdict.route_to}, so the result cannot be committed.`,
      {
        value: verdict_id,
      },
    )
  const run = await deps.worker.result(tx, organization_id, verdict.run_id)
  if (run?.output == null)
    throw new MusterError('ended', 'The result of this verdict was already committed or replaced.', {
      value: verdict_id,
    })
  const result = await recordedResult(deps, tx, { organization_id, run_id: verdict.run_id })
  const [state] = await deps.planner.lock(tx, [result.task])
  if (state?.stopped || (await isStopped(deps, tx, run)))
    throw new MusterError('stopped', 'An emergency stop is active. Lift it before you commit.', {
      value: run.project_id,
    })
  if (state?.status !== 'in_review')
    throw new MusterError('ended', `The task is ${state?.status}.`, { value: result.task.task_id })
  if (state.policy_version !== verdict.policy_version || verdict.output_sha256 !== result.output_sha256)
    throw new MusterError(
      'approval_stale',
      'The policy or the result changed after the verdict. Validate the run again.',
      {
        value: verdict_id,
        moved: movedSince(verdict, { policy_version: state.policy_version, output_sha256: result.output_sha256 }),
      },
    )
  await deps.approvals.refuseOwnWork(tx, caller.principal, {
    ...{ organization_id, project_id: run.project_id, subject_id: verdict.run_id, action: 'approve' },
    lineage: await lineageOf(deps, tx, run),
  })
  const movedDocuments = await deps.state.moved(tx, organization_id, result.run.read_set)
  if (movedDocuments.length > 0)
    throw new MusterError('occ_conflict', 'Documents that the run read have changed.', {
      value: movedDocuments.map(({ document }) => document),
      moved: movedDocuments.map(movedFact),
    })
  return commitApproved(deps, tx, { result, by: caller.principal })
}

function movedSince(
  verdict: StoredVerdict,
  { policy_version, output_sha256 }: Pick<StoredVerdict, 'policy_version' | 'output_sha256'>,
): MovedFact[] {
  const policy = { what: 'policy', shown_version: verdict.policy_version, version: policy_version } as const
  return [
    ...(verdict.policy_version === policy_version ? [] : [policy]),
    ...(verdict.output_sha256 === output_sha256 ? [] : [{ what: 'artifact' } as const]),
  ]
}
