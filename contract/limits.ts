const kib = 1024
const mib = 1024 * kib
const second_ms = 1000
const minute_ms = 60 * second_ms
const hour_ms = 60 * minute_ms

/** Every limit and default of the product, with its unit last in the name. Settings and policies may lower some of them. */
export const limits = {
  name_characters_max: 200,
  key_characters_max: 200,
  reference_characters_max: 500,
  comment_bytes_max: 16 * kib,
  reason_bytes_max: 4 * kib,
  cursor_characters_max: 500,
  query_choices_characters_max: 2_000,
  goal_text_bytes_max: 64 * kib,
  playbook_bytes_max: 256 * kib,

  plan_tasks_max: 10_000,
  schema_characters_max: 64 * kib,
  plan_schema_characters_max: 128 * kib,
  plan_depth_max: 1_000,
  plan_fan_out_max: 1_000,
  task_dependencies_max: 1_000,
  task_reads_max: 100,
  task_writes_max: 100,
  repeat_max: 20,
  repeat_default: 5,
  attempts_max: 20,
  attempts_default: 3,
  retries_default: 3,
  leases_lost_max: 3,
  conflicts_max: 3,
  task_timeout_ms_default: 10 * minute_ms,
  task_timeout_ms_max: 24 * hour_ms,
  retry_backoff_ms: [1 * second_ms, 2 * second_ms, 4 * second_ms],

  inline_bytes_max: 256 * kib,
  document_bytes_max: 1 * mib,
  json_depth_max: 64,
  body_bytes_max: 1 * mib,
  plan_body_bytes_max: 16 * mib,
  upload_file_bytes_max: 64 * mib,
  goal_input_bytes_max: 1024 * mib,
  goal_input_files_max: 2_000,
  folder_depth_max: 16,

  page_size_default: 50,
  page_size_max: 200,
  offset_max: 1_000_000,
  find_items_default: 20,
  find_items_max: 50,

  lease_ms: 30 * second_ms,
  heartbeat_ms: 10 * second_ms,
  long_poll_ms_max: 30 * second_ms,
  claim_max: 64,
  heartbeat_runs_max: 256,
  log_lines_max: 200,
  log_text_bytes_max: 8 * kib,
  run_artifacts_max: 200,
  capabilities_max: 200,

  approval_due_ms_default: 24 * hour_ms,
  approval_due_ms_max: 30 * 24 * hour_ms,
  approval_claim_ms_default: 10 * minute_ms,
  approval_claim_ms_max: 24 * hour_ms,
  approval_snooze_ms_max: 30 * 24 * hour_ms,
  approval_revocable_ms_max: 1 * minute_ms,
  quorum_max: 10,

  policy_checks_max: 50,
  policy_list_max: 500,
  policy_pattern_characters_max: 1_000,

  websockets_per_organization_max: 100,
  live_heartbeat_ms: 30 * second_ms,
  live_buffer_events_max: 1_000,
  failed_authentications_per_minute_max: 20,
  session_ms: 30 * 24 * hour_ms,
  idempotency_key_characters_max: 255,
  idempotency_ms: 24 * hour_ms,
  idempotency_wait_ms: 1 * second_ms,
  statement_ms: 5 * second_ms,

  journal_segment_events: 512,

  port_default: 7700,
  host_default: '127.0.0.1',
  data_directory_default: '.muster',
} as const
