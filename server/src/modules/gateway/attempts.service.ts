import type { attemptQuery } from '@muster/contract/gateway/attempts'
import type { Data } from '@muster/contract/values'
import type { z } from 'zod'
import type { Caller } from '../../platform/caller.ts'
import { idOfCursor, pageById } from '../../platform/db/pages.ts'
import type { RequestTransactions } from '../../platform/db/request-transactions.ts'
import { type AttemptRow, attemptsStore } from './store/attempts.store.ts'
import { type Disagreement, verifyStore } from './store/verify.store.ts'

const problems_max = 100

export interface AttemptsOptions {
  readonly transactions: RequestTransactions
  /** Writes attempts that are only in this process's memory, so that a caller sees their own. */
  flush(): Promise<void>
}

/** Lists attempts, and verifies that attempts and charges agree. */
export function createAttempts({ transactions, flush }: AttemptsOptions) {
  return {
    async list(caller: Caller, { cursor, limit, ...filter }: Data<z.output<typeof attemptQuery>>) {
      await flush()
      return transactions.read(caller, async (tx) => {
        const query = { ...filter, before: idOfCursor(cursor), limit: limit + 1 }
        const page = pageById(await attemptsStore.list(tx, caller.organization_id, query), limit)
        return { ...page, items: page.items.map(presentAttempt) }
      })
    },

    async verify(caller: Caller) {
      await flush()
      return transactions.read(caller, async (tx) => {
        const { organization_id } = caller
        const problems = await verifyStore.disagreements(tx, organization_id, problems_max)
        const sums = await verifyStore.totals(tx, organization_id)
        const { ended, live, attempts_micro_usd, attempts_tokens } = sums
        return {
          valid: problems.length === 0,
          attempts: { ended, live, cost_micro_usd: attempts_micro_usd, tokens: attempts_tokens },
          charges: { rows: sums.charges, cost_micro_usd: sums.charges_micro_usd, tokens: sums.charges_tokens },
          held: { rows: sums.holds, cost_micro_usd: sums.holds_micro_usd, tokens: sums.holds_tokens },
          reservations: {
            rows: sums.reservations,
            cost_micro_usd: sums.reservations_micro_usd,
            tokens: sums.reservations_tokens,
          },
          problems: problems.map(presentDisagreement),
        }
      })
    },
  }
}

export type Attempts = ReturnType<typeof createAttempts>

function presentAttempt(row: AttemptRow) {
  const { uncached, cache_read, cache_write, output, reasoning, ...rest } = row
  const {
    key_id,
    run_id,
    task_id,
    project_id,
    goal_id,
    agent_id,
    outcome,
    http_status,
    first_token_ms,
    total_ms,
    ...known
  } = rest
  return {
    ...known,
    ...(key_id !== null && { key_id }),
    ...(run_id !== null && { run_id }),
    ...(task_id !== null && { task_id }),
    ...(project_id !== null && { project_id }),
    ...(goal_id !== null && { goal_id }),
    ...(agent_id !== null && { agent_id }),
    ...(outcome !== null && { outcome }),
    ...(http_status !== null && { http_status }),
    ...(first_token_ms !== null && { first_token_ms }),
    ...(total_ms !== null && { total_ms }),
    tokens: { uncached, cache_read, cache_write, output, reasoning },
  }
}

function presentDisagreement({ attempt_id, problem, ...sums }: Disagreement) {
  const attempt = `${sums.attempt_micro_usd} micro-USD and ${sums.attempt_tokens} tokens`
  const charge = `${sums.charge_micro_usd} micro-USD and ${sums.charge_tokens} tokens`
  const messages = {
    not_charged: `The call cost ${attempt}, but nothing was charged.`,
    charged_otherwise: `The call cost ${attempt}, but ${charge} were charged.`,
    charged_without_attempt: `${charge} were charged for a call that does not exist.`,
    past_differs: `The removed calls of this day cost ${attempt}, but ${charge} were charged.`,
    held_after_end: `The call has ended, but ${charge} are still reserved.`,
  }
  return { attempt_id, problem, message: messages[problem] }
}
