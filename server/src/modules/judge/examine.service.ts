import { limits } from '@muster/contract/limits'
import type { Tx } from '../../platform/db/db.ts'
import { MusterError } from '../../platform/errors.ts'
import type { Bounded } from '../../platform/threads/bounded.ts'
import type { ArtifactsPort } from '../artifacts/artifacts.port.ts'
import type { PlannerPort } from '../planner/planner.port.ts'
import type { ToolsPort } from '../tools/tools.port.ts'
import type { Finding } from './checks/checks.types.ts'
import { citedArtifacts } from './checks/grounding.ts'
import { needsSources, rulesFor } from './checks/run-checks.ts'
import type { FindingsFunction, FindingsInput } from './evaluation/findings.ts'
import { type Circumstances, type Verdict, verdictOf } from './judge.rules.ts'
import { judgeStore } from './judge.store.ts'
import type { AdmittedResult } from './judge.types.ts'
import { rubricsOf, rulesForCapability } from './rules/rubrics.rules.ts'
import { scoresStore } from './scores.store.ts'

export interface ExamineDeps {
  readonly bounded: Pick<Bounded, 'inTransaction'>
  readonly findings: FindingsFunction
  readonly tools: ToolsPort
  readonly planner: PlannerPort
  readonly artifacts: Pick<ArtifactsPort, 'describe' | 'content'>
}

export type ResultToExamine = Pick<AdmittedResult, 'result' | 'state' | 'policy'>

/** Runs the checks that policy and task name over a result, and routes it. `amended`: a person wrote this version. */
export async function examine(
  deps: ExamineDeps,
  tx: Tx,
  { result, state, policy, amended = false }: ResultToExamine & { amended?: boolean },
): Promise<Verdict> {
  const { task, value, run } = result
  const rules = rulesForCapability(rulesFor(policy.checks, task.spec.checks), task.capability)
  const rubrics = amended ? [] : rubricsOf(rules, task.capability)
  const scores = rubrics.length > 0 ? await scoresStore.of(tx, run.organization_id, { ...run, ...result }) : []
  const scoreByRubric = new Map(scores.map((score) => [score.rubric, score]))
  const findings = await boundedFindings(rules, async () =>
    deps.bounded.inTransaction(deps.findings, {
      rules,
      output: value,
      ...(task.spec.output_schema !== undefined && { output_schema: task.spec.output_schema }),
      topics: policy.sensitive_topics,
      topic_words: policy.topic_words,
      ...(scores.length > 0 && { scores: scoreByRubric }),
      contents: needsSources(rules) ? await citedContents(deps, tx, { taskRef: run, value }) : [],
    }),
  )
  const facts: Circumstances = {
    approval: task.spec.approval ?? 'none',
    sent_back: state.retries,
    deterministic: deps.tools.capabilities.get(task.capability)?.deterministic ?? false,
    loss_possible: policy.loss_possible.includes(task.capability),
    effect_for_people: false,
    lot: lotOf(run.run_id),
    unscored: rubrics.some(({ name }) => typeof scoreByRubric.get(name)?.score !== 'number'),
    amended,
  }
  const sensitive = findings.some(({ topics = [] }) => topics.length > 0)
  const approved_texts = sensitive ? await approvedTexts(deps, tx, result) : []
  return verdictOf({ findings, facts, policy, approved_texts })
}

/** Draws the lot from the last digits of the id, which are random. */
function lotOf(run_id: string): number {
  return Number.parseInt(run_id.slice(-8), 16) / 2 ** 32
}

/** A check that takes too long has failed; its message says why, and what to change. */
async function boundedFindings(
  rules: FindingsInput['rules'],
  evaluate: () => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  try {
    return await evaluate()
  } catch (error) {
    if (!(error instanceof MusterError) || error.code !== 'too_costly') throw error
    const { message, detail } = error
    const sentences = typeof detail.remedy === 'string' ? `${message} ${detail.remedy}` : message
    return rules.map((rule) => ({ ...rule, failed: 1, of: 1, evidence: [], message: sentences }))
  }
}

async function citedContents(
  deps: ExamineDeps,
  tx: Tx,
  { taskRef, value }: { taskRef: { organization_id: string }; value: unknown },
): Promise<FindingsInput['contents']> {
  const ids = citedArtifacts(value)
  if (ids.length === 0) return []
  const descriptions = await deps.artifacts.describe(tx, taskRef.organization_id, ids)
  const bytes = descriptions.reduce((sum, { size_bytes }) => sum + size_bytes, 0)
  if (bytes > limits.cited_bytes_max)
    throw new MusterError('too_costly', `The cited artifacts have ${bytes} bytes in total.`, {
      limit: limits.cited_bytes_max,
      remedy: `Cite at most ${limits.cited_bytes_max} bytes of artifacts in one output.`,
    })
  const contents = await Promise.all(ids.map((id) => readable(deps, tx, { ...taskRef, id })))
  return contents.flat()
}

/** A source that is damaged or missing is left out; the result is judged without it. */
async function readable(
  { artifacts }: ExamineDeps,
  tx: Tx,
  { organization_id, id }: { readonly organization_id: string; readonly id: string },
): Promise<FindingsInput['contents']> {
  try {
    return await artifacts.content(tx, organization_id, [id])
  } catch (error) {
    // The storage has logged it, and grounding finds no text for what cites the source.
    if (error instanceof MusterError) return []
    throw error
  }
}

/** Approved texts of the results that this one builds on: nobody is asked twice about the same words. */
async function approvedTexts(deps: ExamineDeps, tx: Tx, { run, task }: ResultToExamine['result']): Promise<string[]> {
  if (run.goal_id === null) return []
  const approvedResults = await judgeStore.approvedTexts(tx, run.organization_id, run.goal_id)
  if (approvedResults.length === 0) return []
  const ancestors = await deps.planner.ancestors(tx, task)
  return approvedResults.filter((one) => ancestors.has(one.task_id)).flatMap((one) => one.texts)
}
