const kib = 1024
const mib = 1024 * kib
const minute_ms = 60_000

/** The limits of one command line's run; the caller may change single ones. */
export const commandLineLimits = {
  wall_ms: 30 * minute_ms,
  /** The longest silence on both outputs. It is generous, since models take long. */
  idle_ms: 10 * minute_ms,
  /** Between SIGTERM and SIGKILL. */
  grace_ms: 5_000,
  /** Of both outputs together; past it the program is killed. */
  output_bytes_max: 32 * mib,
  output_lines_max: 200_000,
  transcript_bytes_max: 8 * mib,
  transcript_tail_characters_max: 4_000,
  result_characters_max: 1 * mib,

  log_lines_per_s_max: 50,
  log_line_characters_max: 2_000,

  input_files_max: 500,
  input_bytes_max: 256 * mib,
  changed_files_max: 1_000,
  changed_file_bytes_max: 16 * mib,
  changed_bytes_max: 128 * mib,
  diff_bytes_max: 1 * mib,

  /** Ceilings of the system, where `prlimit` is there. Threads count as processes. */
  processes_max: 512,
  /** Of one process; memory that is only reserved, as V8 does, does not count. */
  memory_bytes_max: 8 * 1024 * mib,
  file_bytes_max: 2 * 1024 * mib,
  cpu_s_max: 3_600,
} as const

export type CommandLineLimits = { readonly [name in keyof typeof commandLineLimits]: number }
