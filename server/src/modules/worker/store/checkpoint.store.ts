import type { Json } from '@muster/contract/values'
import type { EngineTx, Tx } from '../../../platform/db/db.ts'
import { sql } from '../../../platform/db/sql.ts'

export interface CheckpointRow {
  readonly task_id: string
  readonly run_id: string
  readonly agent_id: string
  readonly question: string
  readonly checkpoint: Json
  readonly answer: Json
}

export interface NewCheckpoint {
  readonly organization_id: string
  readonly task_id: string
  readonly run_id: string
  readonly agent_id: string
  readonly question: string
  /** JSON text. */
  readonly checkpoint: string
}

/** Statements of checkpoints: one a task, the latest. */
export const checkpointStore = {
  async put(tx: Tx, row: NewCheckpoint): Promise<void> {
    await tx.execute(sql`
      insert into worker_run_checkpoints (organization_id, task_id, run_id, agent_id, question, checkpoint)
      values (${row.organization_id}, ${row.task_id}, ${row.run_id}, ${row.agent_id}, ${row.question}, ${row.checkpoint})
      on conflict (organization_id, task_id) do update set run_id = excluded.run_id, agent_id = excluded.agent_id,
        question = excluded.question, checkpoint = excluded.checkpoint, asked_at = muster_now(), answer = null`)
  },

  /** `answer` is JSON text. */
  async answer(
    tx: Tx,
    { organization_id, task_id, run_id }: Pick<NewCheckpoint, 'organization_id' | 'task_id' | 'run_id'>,
    answer: string,
  ): Promise<void> {
    await tx.execute(sql`
      update worker_run_checkpoints set answer = ${answer}
      where organization_id = ${organization_id} and task_id = ${task_id} and run_id = ${run_id}`)
  },

  /** Checkpoints with their answers, unless a later run of the task has ended with a result or failure. */
  answered(tx: Tx, organization_id: string, task_ids: readonly string[]): Promise<CheckpointRow[]> {
    return tx.rows<CheckpointRow>(sql`
      select c.task_id, c.run_id, c.agent_id, c.question, c.checkpoint, c.answer from worker_run_checkpoints c
      where c.organization_id = ${organization_id} and c.task_id = any (${[...task_ids]}::uuid[]) and c.answer is not null
        and not exists (select from worker_runs r where r.organization_id = c.organization_id and r.task_id = c.task_id
          and r.id > c.run_id and r.status in ('finished', 'failed'))`)
  },

  /** Removes checkpoints of tasks that have ended; returns how many. */
  async sweep(tx: EngineTx, max: number): Promise<number> {
    const rows = await tx.rows<{ task_id: string }>(sql`
      delete from worker_run_checkpoints c using (
        select k.organization_id, k.task_id from worker_run_checkpoints k
        join planner_tasks_v t on t.organization_id = k.organization_id and t.task_id = k.task_id
        where t.ended_at is not null limit ${max}) gone
      where c.organization_id = gone.organization_id and c.task_id = gone.task_id returning c.task_id`)
    return rows.length
  },
}
