import { hour_ms, kib, mib, minute_ms, second_ms } from '../units.ts'

/** The limits of the planner; the unit stands last in each name. */
export const plannerLimits = {
  goal_text_bytes_max: 64 * kib,
  playbook_bytes_max: 256 * kib,
  plan_tasks_max: 10_000,
  plan_schema_characters_max: 128 * kib,
  plan_depth_max: 1_000,
  plan_fan_out_max: 1_000,
  plan_output_tokens: 16_000,
  plans_by_model_max: 10,
  task_dependencies_max: 1_000,
  task_reads_max: 100,
  task_writes_max: 100,
  condition_ms_max: 5 * second_ms,
  condition_characters_max: 16 * mib,
  repeat_max: 20,
  repeat_default: 5,
  attempts_default: 3,
  task_timeout_ms_default: 10 * minute_ms,
  task_timeout_ms_max: 24 * hour_ms,
  retry_backoff_ms: [1 * second_ms, 2 * second_ms, 4 * second_ms],
  plan_body_bytes_max: 4 * mib,
} as const
