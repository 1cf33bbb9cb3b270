import type { EngineTx, Tx } from '../../platform/db/db.ts'
import { leasedRows } from '../../platform/db/leased-rows.ts'
import { type Fragment, fragment, sql } from '../../platform/db/sql.ts'
import type { RubricScore } from './rules/rubrics.rules.ts'

/** A result that waits for its scores. */
export interface Scoring {
  readonly organization_id: string
  readonly run_id: string
  readonly task_id: string
  readonly project_id: string
  readonly goal_id: string | null
  readonly attempts: number
  readonly token: number
}

const isLeasedTo = ({ organization_id, run_id, token }: Scoring): Fragment =>
  fragment`organization_id = ${organization_id} and run_id = ${run_id} and token = ${token}`

/** Statements of scores, and of results that wait for them. */
export const scoresStore = {
  ...leasedRows<Scoring>(fragment`judge_scorings`, isLeasedTo),

  async enqueue(tx: Tx, runs: readonly Omit<Scoring, 'attempts' | 'token'>[]): Promise<void> {
    await tx.execute(sql`
      insert into judge_scorings (organization_id, run_id, task_id, project_id, goal_id)
      select * from unnest(${runs.map((run) => run.organization_id)}::uuid[], ${runs.map((run) => run.run_id)}::uuid[],
        ${runs.map((run) => run.task_id)}::uuid[], ${runs.map((run) => run.project_id)}::uuid[],
        ${runs.map((run) => run.goal_id)}::uuid[])
      on conflict do nothing`)
  },

  /** Shortens leases that lie too far in the future, after the clock was put back. */
  clampTimes(tx: EngineTx, lease_ms: number): Promise<number> {
    return tx.execute(sql`
      update judge_scorings set lease_expires_at = muster_now()
      where lease_expires_at > muster_now() + ${lease_ms} * interval '1 millisecond'`)
  },

  /** Milliseconds until the next result is due; null: none waits. */
  async dueIn(tx: EngineTx): Promise<number | null> {
    const row = await tx.row<{ due_in_ms: number | null }>(sql`
      select (extract(epoch from min(j.lease_expires_at) - muster_now()) * 1000)::float8 as due_in_ms from judge_scorings j
      join projects_gate_v p on p.organization_id = j.organization_id and p.project_id = j.project_id and not p.stopped`)
    return row?.due_in_ms ?? null
  },

  /** Claims results whose lease is free, for so long; those under an emergency stop stay. */
  claim(tx: EngineTx, { max, lease_ms }: { readonly max: number; readonly lease_ms: number }): Promise<Scoring[]> {
    return tx.rows<Scoring>(sql`
      update judge_scorings s set token = s.token + 1, lease_expires_at = muster_now() + ${lease_ms} * interval '1 millisecond'
      from (select j.organization_id, j.run_id from judge_scorings j
        join projects_gate_v p on p.organization_id = j.organization_id and p.project_id = j.project_id and not p.stopped
        where j.lease_expires_at <= muster_now() order by j.lease_expires_at limit ${max} for update of j skip locked) due
      where s.organization_id = due.organization_id and s.run_id = due.run_id
      returning s.organization_id, s.run_id, s.task_id, s.project_id, s.goal_id, s.attempts, s.token`)
  },

  /** Deletes the row if the caller still has its lease; says whether it had. */
  async take(tx: Tx, scoring: Scoring): Promise<boolean> {
    const row = await tx.row(sql`
      delete from judge_scorings where ${isLeasedTo(scoring)} returning run_id`)
    return row !== undefined
  },

  async put(
    tx: Tx,
    { organization_id, run_id }: Pick<Scoring, 'organization_id' | 'run_id'>,
    scores: readonly (RubricScore & {
      readonly output_sha256: string
      readonly model: string
      readonly prompts: string
    })[],
  ): Promise<void> {
    await tx.execute(sql`
      insert into judge_scores (organization_id, run_id, rubric, output_sha256, score, reasoning, model, prompts)
      select ${organization_id}::uuid, ${run_id}::uuid, * from unnest(${scores.map((one) => one.rubric)}::text[],
        ${scores.map((one) => one.output_sha256)}::text[], ${scores.map((one) => one.score)}::float8[],
        ${scores.map((one) => one.reasoning)}::text[], ${scores.map((one) => one.model)}::text[],
        ${scores.map((one) => one.prompts)}::text[])
      on conflict (organization_id, run_id, rubric) do nothing`)
  },

  /** Whether the result was scored by all of these rubrics, with or without a number. */
  async wasScored(
    tx: Tx,
    { organization_id, run_id }: Pick<Scoring, 'organization_id' | 'run_id'>,
    rubrics: readonly string[],
  ): Promise<boolean> {
    const rows = await tx.rows<{ rubric: string }>(sql`
      select rubric from judge_scores where organization_id = ${organization_id} and run_id = ${run_id}`)
    const scoredRubrics = new Set(rows.map(({ rubric }) => rubric))
    return rubrics.every((rubric) => scoredRubrics.has(rubric))
  },

  /** The scores of this version of a result; another version has none. */
  of(
    tx: Tx,
    organization_id: string,
    result: { readonly run_id: string; readonly output_sha256: string },
  ): Promise<RubricScore[]> {
    return tx.rows<RubricScore>(sql`
      select rubric, score, reasoning from judge_scores
      where organization_id = ${organization_id} and run_id = ${result.run_id} and output_sha256 = ${result.output_sha256}`)
  },
}
