import type { Tx } from '../../platform/db/db.ts'
import { sql } from '../../platform/db/sql.ts'
import type { RubricScore } from './rules/rubrics.rules.ts'

/** A result that is scored. */
interface ScoredRun {
  readonly organization_id: string
  readonly run_id: string
}

/** Statements of scores. */
export const scoresStore = {
  async put(
    tx: Tx,
    { organization_id, run_id }: ScoredRun,
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
  async wasScored(tx: Tx, { organization_id, run_id }: ScoredRun, rubrics: readonly string[]): Promise<boolean> {
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
