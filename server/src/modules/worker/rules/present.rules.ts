/** Turns rows into the contract's runs: pure. */
import type { EndedResult } from '../worker.port.ts'

/** A run as it is shown, live or ended. */
export interface RunRow {
  readonly id: string
  readonly task_id: string
  readonly agent_id: string
  readonly kind: 'work' | 'judge'
  readonly status: 'live' | EndedResult['status']
  readonly token: number
  readonly progress: number | null
  readonly confidence: number | null
  readonly error: EndedResult['error']
  readonly usage: EndedResult['usage']
  readonly artifact_ids: readonly string[]
  readonly started_at: string
  readonly expires_at: string | null
  readonly ended_at: string | null
}

/** A run with what it is a try at. */
export interface RunItemRow extends RunRow {
  readonly title: string
  readonly goal_id: string | null
  readonly project_id: string
  readonly capability: string
}

/** As the contract has it. */
export function presentRun(run: RunRow) {
  const { id, task_id, agent_id, kind, status, token, started_at, artifact_ids } = run
  return {
    id,
    task_id,
    agent_id,
    kind,
    status,
    token,
    started_at,
    artifacts: artifact_ids.map((artifact_id) => ({ artifact_id, role: 'output' })),
    ...(run.progress !== null && { progress: run.progress }),
    ...(run.confidence !== null && { confidence: run.confidence }),
    ...(run.error !== null && { error: run.error }),
    ...(run.usage !== null && {
      usage: { cost_micro_usd: run.usage.cost_micro_usd, tokens: run.usage.tokens },
    }),
    ...(run.expires_at !== null && { expires_at: run.expires_at }),
    ...(run.ended_at !== null && { ended_at: run.ended_at }),
  }
}

/** A run with what it is a try at. */
export function presentRunItem(run: RunItemRow) {
  const { title, goal_id, project_id, capability } = run
  return { ...presentRun(run), title, ...(goal_id !== null && { goal_id }), project_id, capability }
}
