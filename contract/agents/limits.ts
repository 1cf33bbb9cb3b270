import { kib } from '../units.ts'

/** The limits of agents; the unit stands last in each name. */
export const agentsLimits = {
  agent_live_runs_max: 10_000,
  agent_tools_max: 50,
  agent_steps_max: 200,
  agent_steps_default: 20,
  persona_bytes_max: 32 * kib,
  persona_list_max: 50,
} as const
