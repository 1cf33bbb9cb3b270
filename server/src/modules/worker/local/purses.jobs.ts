import type { Purses } from '../../gateway/gateway.port.ts'
import type { RunPurse } from '../rules/purse.rules.ts'

/** The purses of this process's runs whose calls of models come over the network, with the run's key. */
export interface RunPurses extends Purses {
  /** Until the returned function is called. */
  open(run_id: string, purse: RunPurse): () => void
}

export function createRunPurses(): RunPurses {
  const purses = new Map<string, RunPurse>()
  return {
    of: (run_id) => (run_id === undefined ? undefined : purses.get(run_id)),
    open(run_id, purse) {
      purses.set(run_id, purse)
      return () => void purses.delete(run_id)
    },
  }
}
