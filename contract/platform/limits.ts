import { hour_ms, kib, mib, second_ms } from '../units.ts'

/** The limits of the platform; the unit stands last in each name. */
export const platformLimits = {
  name_characters_max: 200,
  key_characters_max: 200,
  reference_characters_max: 500,
  comment_bytes_max: 16 * kib,
  reason_bytes_max: 4 * kib,
  cursor_characters_max: 500,
  /** RFC 3339 to the nanosecond. */
  timestamp_characters_max: 35,
  /** Of one run, task or limit: a million US dollars, or as many tokens. */
  amount_max: 1_000_000_000_000,
  query_choices_characters_max: 2_000,
  schema_characters_max: 64 * kib,
  prompt_value_characters_max: 200_000,
  inline_bytes_max: 256 * kib,
  json_depth_max: 64,
  body_bytes_max: 1 * mib,
  /** Of JSON, in one body. */
  body_values_max: 200_000,
  /** Different names of fields, in one body. */
  body_names_max: 20_000,
  /** Bodies that wait to be read in a thread, together. */
  bodies_waiting_bytes_max: 256 * mib,
  page_size_default: 50,
  page_size_max: 200,
  offset_max: 1_000_000,
  stop_ms_max: 20 * second_ms,
  lease_ms: 30 * second_ms,
  heartbeat_ms: 10 * second_ms,
  websockets_per_organization_max: 100,
  live_heartbeat_ms: 30 * second_ms,
  live_buffer_events_max: 1_000,
  idempotency_key_characters_max: 255,
  idempotency_ms: 24 * hour_ms,
  idempotency_wait_ms: 1 * second_ms,
  statement_ms: 5 * second_ms,
  journal_segment_events: 512,
  journal_days_default: 400,
  retention_days_max: 36_500,
  port_default: 7700,
  host_default: '127.0.0.1',
  data_directory_default: '.muster',
} as const
