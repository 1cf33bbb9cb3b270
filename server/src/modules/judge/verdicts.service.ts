import type { Caller } from '../../platform/caller.ts'
import { idOfCursor, pageById } from '../../platform/db/pages.ts'
import type { RequestTransactions } from '../../platform/db/request-transactions.ts'
import { notFound } from '../../platform/errors.ts'
import type { PlannerPort } from '../planner/planner.port.ts'
import type { ResultJudge } from '../worker/worker.port.ts'
import { type AgreementRow, agreementStore, type RubricAgreementRow } from './agreement.store.ts'
import { judgeStore } from './judge.store.ts'
import { wilson } from './rules/agreement.rules.ts'
import { presentStored } from './rules/present.rules.ts'

export interface VerdictsDeps {
  readonly transactions: RequestTransactions
  readonly planner: Pick<PlannerPort, 'states'>
}

const verdicts_max = 200

/** Verdicts and agreement, as callers read them. */
export function createVerdicts({ transactions, planner }: VerdictsDeps) {
  const port: Pick<ResultJudge, 'verdicts'> = {
    async verdicts(tx, organization_id, { run_id, task_id }) {
      const rows = await judgeStore.verdicts(tx, organization_id, { run_id, task_id, limit: verdicts_max })
      return rows.map(presentStored).reverse()
    },
  }
  return {
    ...port,

    /** How often people decided as the judge did. */
    agreement(
      caller: Caller,
      { project_id, days }: { readonly project_id?: string | undefined; readonly days: number },
    ) {
      const period = { organization_id: caller.organization_id, project_id, days }
      return transactions.read(caller, async (tx) => {
        const rows = await agreementStore.byCapability(tx, period)
        const rubrics = await agreementStore.byRubric(tx, period)
        return { items: rows.map((row) => presentAgreement(row, rubrics)) }
      })
    },

    /** The verdicts on a task's runs, newest first. */
    ofTask(caller: Caller, task_id: string, { cursor, limit }: { cursor?: string | undefined; limit: number }) {
      const { organization_id } = caller
      const before = idOfCursor(cursor)
      return transactions.read(caller, async (tx) => {
        const [task] = await planner.states(tx, [{ organization_id, task_id }])
        if (!task) throw notFound('task', task_id)
        const rows = await judgeStore.verdicts(tx, organization_id, { task_id, before, limit: limit + 1 })
        const { items, ...more } = pageById(rows, limit)
        return { items: items.map(presentStored), ...more }
      })
    },
  }
}

function presentAgreement(row: AgreementRow, rubrics: readonly RubricAgreementRow[]) {
  const { low, high } = wilson(row.agreed, row.decisions)
  return {
    ...row,
    share: row.agreed / row.decisions,
    share_low: low,
    share_high: high,
    rubrics: rubrics.flatMap(({ capability, mean_when_approved, mean_when_not, ...rubric }) =>
      capability === row.capability
        ? [
            {
              ...rubric,
              ...(mean_when_approved !== null && { mean_when_approved }),
              ...(mean_when_not !== null && { mean_when_not }),
            },
          ]
        : [],
    ),
  }
}
