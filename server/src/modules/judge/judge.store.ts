import type { Tx } from '../../platform/db/db.ts'
import { sql } from '../../platform/db/sql.ts'

export interface VerdictRow {
  readonly organization_id: string
  readonly id: string
  readonly run_id: string
  readonly task_id: string
  readonly project_id: string
  readonly quality: number | null
  readonly confidence: number
  readonly route_to: 'commit' | 'retry' | 'approval'
  readonly route_row: number
  readonly policy_version: number
  readonly output_sha256: string
  /** JSON text. */
  readonly findings: string
}

export const judgeStore = {
  async insert(tx: Tx, rows: readonly VerdictRow[]): Promise<void> {
    await tx.execute(sql`
      insert into verdicts (organization_id, id, run_id, task_id, project_id, quality, confidence, route_to, route_row,
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
}
