import { kib, mib } from '../units.ts'

/** Limits of how agents work. */
export const runtimesLimits = {
  log_text_bytes_max: 8 * kib,
  run_artifacts_max: 200,
  checkpoint_bytes_max: 1 * mib,
  questions_max: 10,
  tool_answer_characters_max: 64_000,
  tool_calls_max: 32,
} as const
