import type { Caller } from '../../platform/caller.ts'
import type { RequestTransactions } from '../../platform/db/request-transactions.ts'
import { notFound } from '../../platform/errors.ts'
import type { PlannerPort } from '../planner/planner.port.ts'
import { presentRun } from './rules/present.rules.ts'
import { runReadStore } from './store/run-read.store.ts'

const runs_max = 100

/** The status of a task and its runs, for whoever gave the task or works on it. */
export function createTaskStatus({
  transactions,
  planner,
}: {
  readonly transactions: RequestTransactions
  readonly planner: PlannerPort
}) {
  async function get(caller: Caller, task_id: string) {
    const { organization_id } = caller
    return transactions.read(caller, async (tx) => {
      const [state] = await planner.states(tx, [{ organization_id, task_id }])
      if (!state) throw notFound('task', task_id)
      const rows = await runReadStore.list(tx, organization_id, { filter: { task_id }, limit: runs_max })
      if (caller.agent_id !== null && !rows.some((run) => run.agent_id === caller.agent_id))
        throw notFound('task', task_id)
      const finishedRun = rows.find((run) => run.status === 'finished')
      const error = rows.find((run) => run.error !== null)?.error
      const { attempts, leases_lost, retries, conflicts } = state
      return {
        task_id,
        status: state.status,
        ...(finishedRun && { result_id: finishedRun.id }),
        ...(error && state.status === 'failed' && { error }),
        counters: { attempts, leases_lost, retries, conflicts },
        runs: rows.map(presentRun),
      }
    })
  }

  return { get }
}
