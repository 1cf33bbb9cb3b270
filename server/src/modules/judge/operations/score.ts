import { limits } from '@muster/contract/limits'
import { z } from 'zod'
import { runConcurrencyPool } from '../../../platform/concurrency/concurrency-pool.ts'
import { withLeaseRenewal } from '../../../platform/concurrency/lease-renewal.ts'
import type { Engine, EngineTx } from '../../../platform/db/db.ts'
import { MusterError } from '../../../platform/errors.ts'
import { fillTemplate } from '../../../platform/text/fill-template.ts'
import { cutDataText } from '../../../platform/text/prompt-data.ts'
import { storable } from '../../../platform/text/storable.ts'
import type { GatewayPort } from '../../gateway/gateway.port.ts'
import type { RunResult } from '../../worker/worker.port.ts'
import type { Rubric, RubricScore } from '../rules/rubrics.rules.ts'
import { type Scoring, scoresStore } from '../scores.store.ts'
import { judgePrompts } from './prompts.ts'
import { recordedResult } from './review.ts'
import { rubricsFor } from './rubrics-for.ts'
import type { JudgeDeps } from './settle.ts'

export interface ScoreDeps extends JudgeDeps {
  readonly engine: Engine
  readonly gateway: Pick<GatewayPort, 'structured'>
}

/** Renewed while a model scores; after it another process may take the result over. */
export const lease_ms = 60_000
const renew_ms = 20_000
const at_once_max = 16
const attempts_max = 3
const again_ms = [5_000, 20_000, 60_000]
const answer = z.object({ score: z.number().min(0).max(1), reasoning: z.string().trim().min(1) })

/** Scores waiting results, several at once, and queues them for the judge, until none is left. */
export function scoreWaiting(deps: ScoreDeps, signal: AbortSignal): Promise<void> {
  return runConcurrencyPool({
    at_once_max,
    signal,
    claim: (max) => deps.engine.transact((tx) => scoresStore.claim(tx, { max, lease_ms })),
    work: (scoring) => scoreOne(deps, scoring, signal),
  })
}

/** A scoring that fails by a mistake of ours is retried as often as one that a model fails, and then left to people. */
async function scoreOne(deps: ScoreDeps, scoring: Scoring, signal: AbortSignal): Promise<void> {
  let work: Work | undefined
  try {
    work = await deps.engine.transact((tx) => workOf(deps, tx, scoring))
    if (work) await scoreWork(deps, { ...work, scoring, signal })
  } catch (error) {
    const { run_id, organization_id, task_id, project_id, goal_id, attempts } = scoring
    await deps.engine.transact(async (tx) => {
      if (attempts + 1 < attempts_max) return scoresStore.putBack(tx, scoring, again_ms[attempts] ?? 0)
      if (!(await scoresStore.take(tx, scoring))) return
      if (work) await scoresStore.put(tx, scoring, unscoredRows(work))
      await deps.worker.enqueueReviews(tx, [{ organization_id, run_id, task_id, project_id, goal_id }])
    })
    throw error
  }
}

interface Work {
  readonly result: RunResult
  readonly rubrics: readonly Rubric[]
}

/** The result and its rubrics; undefined where it does not wait for scores any more, and then its row is deleted. */
async function workOf(deps: ScoreDeps, tx: EngineTx, scoring: Scoring): Promise<Work | undefined> {
  const { organization_id, project_id } = scoring
  const [state] = await deps.planner.lock(tx, [scoring])
  if (state?.status !== 'in_review') {
    await scoresStore.take(tx, scoring)
    return undefined
  }
  const result = await recordedResult(deps, tx, scoring)
  const { policy } = await deps.projects.inForce(tx, { organization_id, project_id })
  return { result, rubrics: rubricsFor(policy, result) }
}

async function scoreWork(
  deps: ScoreDeps,
  { result, rubrics, scoring, signal }: Work & { readonly scoring: Scoring; readonly signal: AbortSignal },
): Promise<void> {
  const renew = () => deps.engine.transact((tx) => scoresStore.renew(tx, scoring, lease_ms))
  const outcomes = await withLeaseRenewal({ every_ms: renew_ms, renew }, () =>
    Promise.allSettled(rubrics.map((rubric) => scoreResult(deps, { scoring, result, rubric, signal }))),
  )
  const failedOutcome = outcomes.find(({ status }) => status === 'rejected')
  if (failedOutcome && (signal.aborted || scoring.attempts + 1 < attempts_max)) {
    const after_ms = signal.aborted ? 0 : (again_ms[scoring.attempts] ?? 0)
    return deps.engine.transact((tx) => scoresStore.putBack(tx, scoring, after_ms))
  }
  const scores = rubrics.map((rubric, index) => rowOf(rubric, result, outcomes[index]))
  await deps.engine.transact(async (tx: EngineTx) => {
    if (!(await scoresStore.take(tx, scoring))) return
    await scoresStore.put(tx, scoring, scores)
    await deps.worker.enqueueReviews(tx, [{ ...result.run }])
  })
}

const unscoredRows = ({ rubrics, result }: Work) => rubrics.map((rubric) => rowOf(rubric, result, undefined))

const rowOf = (rubric: Rubric, result: RunResult, outcome: Parameters<typeof scoreOf>[1]) => ({
  ...scoreOf(rubric, outcome),
  output_sha256: result.output_sha256,
  model: rubric.model,
  prompts: judgePrompts.hash,
})

function scoreOf(
  { name: rubric }: Rubric,
  outcome: PromiseSettledResult<Omit<RubricScore, 'rubric'>> | undefined,
): RubricScore {
  if (outcome?.status === 'fulfilled') return { rubric, ...outcome.value }
  const error: unknown = outcome?.reason
  const reasoning = error instanceof MusterError ? `${error.code}: ${error.message}` : 'it could not be scored'
  return { rubric, score: null, reasoning: storable(reasoning).slice(0, limits.reason_bytes_max) }
}

function scoreResult(
  { gateway }: ScoreDeps,
  {
    scoring,
    result,
    rubric,
    signal,
  }: {
    readonly scoring: Scoring
    readonly result: RunResult
    readonly rubric: Rubric
    readonly signal: AbortSignal
  },
): Promise<Omit<RubricScore, 'rubric'>> {
  const { organization_id, project_id, goal_id, run_id } = scoring
  return gateway.structured({
    organization_id,
    project_id,
    goal_id,
    agent_id: null,
    request_id: run_id,
    signal,
    alias: rubric.model,
    messages: [
      { role: 'system', content: judgePrompts.texts['rubric-system'].trim() },
      { role: 'user', content: workText(rubric, result) },
    ],
    tool: {
      name: 'submit_score',
      description: 'Hands the score in.',
      parameters: {
        type: 'object',
        required: ['score', 'reasoning'],
        properties: { score: { type: 'number', minimum: 0, maximum: 1 }, reasoning: { type: 'string' } },
      },
    },
    read(value) {
      const parsedAnswer = answer.safeParse(value)
      if (!parsedAnswer.success) return { problem: 'score must be from 0 to 1, and reasoning a text.' }
      return {
        value: {
          score: parsedAnswer.data.score,
          reasoning: storable(parsedAnswer.data.reasoning).slice(0, reasoning_characters_max),
        },
      }
    },
  })
}

const reasoning_characters_max = 2_000

function workText({ name, criteria }: Rubric, { task, output }: RunResult): string {
  const { title, capability, input } = task
  const values = {
    name,
    criteria,
    title,
    capability,
    input: cutDataText(JSON.stringify(input ?? null)),
    output: cutDataText(output),
  }
  return fillTemplate(judgePrompts.texts['rubric-work'], values).trim()
}
