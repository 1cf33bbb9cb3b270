/** Lanes of ready tasks that nobody can take: pure. */

/** Ready tasks that the same agents could take: those with a capability, or the one that they name. */
export interface Lane {
  readonly capability: string
  readonly agent_id: string | null
  readonly tasks: number
  readonly oldest_at: string
  /** That are not retired, and those of them that are active and not stopped. */
  readonly agents: number
  readonly able: number
  readonly has_local: boolean
  /** A remote one that was seen within the last minute. */
  readonly has_present: boolean
  readonly has_stopped: boolean
  readonly able_name: string | null
  readonly any_name: string | null
}

export interface UnworkedLane extends Lane {
  readonly remedy: string
}

/** Lanes of ready tasks that nobody present can take, the oldest first, each with a remedy. */
export function unworkedLanes(lanes: readonly Lane[], has_worker: boolean): readonly UnworkedLane[] {
  return lanes.flatMap((lane) => {
    if (lane.has_present || (lane.has_local && has_worker)) return []
    return [{ ...lane, remedy: remedyOf(lane) }]
  })
}

function remedyOf({ capability, agent_id, agents, able, has_local, has_stopped, able_name, any_name }: Lane): string {
  if (agents === 0)
    return agent_id === null
      ? `npx muster agents add NAME --capability ${capability}`
      : `The tasks name a retired agent. Add an agent (npx muster agents add NAME --capability ${capability}), then retry the tasks.`
  if (able === 0 && has_stopped)
    return `Lift the emergency stop in the dashboard, or call DELETE /api/v1/agents/${encodeURIComponent(any_name ?? '')}/stop.`
  if (able === 0) return `npx muster agents resume ${any_name}`
  return has_local ? 'Start a process with the worker service: npx muster up' : `Start agent ${able_name}.`
}
