import type { RunStatus } from '@muster/contract/worker/runs'
import type { Caller } from '../../../platform/caller.ts'
import { idOfCursor, pageById } from '../../../platform/db/pages.ts'
import type { RequestTransactions } from '../../../platform/db/request-transactions.ts'
import { notFound } from '../../../platform/errors.ts'
import type { PlannerPort } from '../../planner/planner.port.ts'
import { presentRunItem } from '../rules/present.rules.ts'
import { runReadStore } from '../store/run-read.store.ts'

export interface RunsQuery {
  readonly task_id?: string | undefined
  readonly goal_id?: string | undefined
  /** Its id or its name. */
  readonly agent_id?: string | undefined
  readonly project_id?: string | undefined
  readonly status?: readonly RunStatus[] | undefined
  readonly cursor?: string | undefined
  readonly limit: number
}

/** Runs in pages, newest first, live and ended. */
export function createRuns({
  transactions,
  planner,
}: {
  readonly transactions: RequestTransactions
  readonly planner: PlannerPort
}) {
  function list(caller: Caller, { cursor, limit, agent_id: ref, status: statuses, ...taskRefs }: RunsQuery) {
    const { organization_id } = caller
    const before = idOfCursor(cursor)
    return transactions.read(caller, async (tx) => {
      const agent_id = ref === undefined ? undefined : await runReadStore.agentId(tx, organization_id, ref)
      if (ref !== undefined && agent_id === undefined) throw notFound('agent', ref)
      const filter = { ...taskRefs, agent_id, statuses }
      const rows = await runReadStore.list(tx, organization_id, { filter, before, limit: limit + 1 })
      const { items, ...more } = pageById(rows, limit)
      return { items: items.map(presentRunItem), ...more }
    })
  }

  return {
    list,

    async ofTask(caller: Caller, task_id: string, page: Pick<RunsQuery, 'cursor' | 'limit'>) {
      const { organization_id } = caller
      const [state] = await transactions.read(caller, (tx) => planner.states(tx, [{ organization_id, task_id }]))
      if (!state) throw notFound('task', task_id)
      return list(caller, { ...page, task_id })
    },
  }
}
