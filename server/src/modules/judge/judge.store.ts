import type { Tx } from '../../platform/db/db.ts'
import { allOf, fragment, sql } from '../../platform/db/sql.ts'
import type { ApprovedResult, StoredVerdict, VerdictRow } from './judge.types.ts'

/** Statements of verdicts, and of the texts of approved results. */
export const judgeStore = {
  async insert(tx: Tx, rows: readonly VerdictRow[]): Promise<void> {
    await tx.execute(sql`
      insert into judge_verdicts (organization_id, id, run_id, task_id, project_id, quality, confidence, route_to, route_row,
        policy_version, output_sha256, findings)
      select organization_id, id, run_id, task_id, project_id, quality, confidence, route_to, route_row, policy_version,
        output_sha256, findings::json
      from unnest(${rows.map((row) => row.organization_id)}::uuid[], ${rows.map((row) => row.id)}::uuid[],
        ${rows.map((row) => row.run_id)}::uuid[], ${rows.map((row) => row.task_id)}::uuid[],
        ${rows.map((row) => row.project_id)}::uuid[], ${rows.map((row) => row.quality)}::float8[],
        ${rows.map((row) => row.confidence)}::float8[], ${rows.map((row) => row.route_to)}::text[],
        ${rows.map((row) => row.route_row)}::smallint[], ${rows.map((row) => row.policy_version)}::int[],
        ${rows.map((row) => row.output_sha256)}::text[], ${rows.map((row) => row.findings)}::text[])
        as i (organization_id, id, run_id, task_id, project_id, quality, confidence, route_to, route_row, policy_version,
          output_sha256, findings)`)
  },

  /** Stores the texts of a result that a person approved. */
  async approve(tx: Tx, approvedResult: ApprovedResult): Promise<void> {
    await tx.execute(sql`
      insert into judge_approved_results (organization_id, goal_id, task_id, run_id, texts)
      values (${approvedResult.organization_id}, ${approvedResult.goal_id}, ${approvedResult.task_id}, ${approvedResult.run_id}, ${approvedResult.texts})
      on conflict (organization_id, run_id) do update set texts = excluded.texts`)
  },

  approvedTexts(tx: Tx, organization_id: string, goal_id: string): Promise<{ task_id: string; texts: string[] }[]> {
    return tx.rows(sql`
      select task_id, texts from judge_approved_results where organization_id = ${organization_id} and goal_id = ${goal_id}`)
  },

  /** The verdicts on a task's runs, or on one of them, newest first. */
  verdicts(
    tx: Tx,
    organization_id: string,
    of: {
      readonly task_id: string
      readonly run_id?: string
      readonly before?: string | undefined
      readonly limit: number
    },
  ): Promise<StoredVerdict[]> {
    const filters = [
      of.run_id === undefined ? undefined : fragment`run_id = ${of.run_id}`,
      of.before === undefined ? undefined : fragment`id < ${of.before}`,
    ]
    return tx.rows<StoredVerdict>(sql`
      select id, run_id, task_id, project_id, quality, confidence, route_to, route_row, policy_version, output_sha256, findings, at
      from judge_verdicts where organization_id = ${organization_id} and task_id = ${of.task_id} and ${allOf(filters)}
      order by id desc limit ${of.limit}`)
  },

  /** The newest verdict on a run, or one by its id. */
  verdict(
    tx: Tx,
    organization_id: string,
    by: { verdict_id?: string; run_id?: string; task_id?: string },
  ): Promise<StoredVerdict | undefined> {
    const { verdict_id = null, run_id = null, task_id = null } = by
    return tx.row<StoredVerdict>(sql`
      select id, run_id, task_id, project_id, quality, confidence, route_to, route_row, policy_version, output_sha256, findings, at
      from judge_verdicts where organization_id = ${organization_id} and (${verdict_id}::uuid is null or id = ${verdict_id})
        and (${task_id}::uuid is null or task_id = ${task_id}) and (${run_id}::uuid is null or run_id = ${run_id})
      order by id desc limit 1`)
  },
}
