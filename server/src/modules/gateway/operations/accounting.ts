/**
 * What calls cost, right to the token. An attempt is written and held for before its request leaves, and ended and charged
 * once; attempts that arrive together are written together.
 */

import { createBatcher } from '../../../platform/batcher.ts'
import type { Engine, EngineTx } from '../../../platform/db/db.ts'
import { isCommonFailure } from '../../../platform/db/failures.ts'
import { MusterError } from '../../../platform/errors.ts'
import type { BudgetsPort, Refusal } from '../../budgets/budgets.port.ts'
import type { ProjectsPort, StopScope } from '../../projects/projects.port.ts'
import { attemptsStore, type ChargedAttempt, type EndedAttempt, type NewAttempt } from '../store/attempts.store.ts'

export interface AccountingOptions {
  readonly engine: Engine
  readonly budgets: Pick<BudgetsPort, 'holdCalls' | 'settle' | 'release'>
  readonly projects: { readonly stops: Pick<ProjectsPort['stops'], 'inForce'> }
}

const items_max = 64
const lost_max = 500

export interface Accounting {
  /** Throws `budget_exceeded`, and `stopped` where an emergency stop is in force. */
  begin(attempt: NewAttempt): Promise<void>
  end(attempt: EndedAttempt): Promise<void>
  /** Charges what was held for attempts whose process is gone. It may run twice. */
  sweep(): Promise<void>
}

export function createAccounting(options: AccountingOptions): Accounting {
  const { engine } = options
  const beginning = createBatcher<NewAttempt, MusterError | undefined>({
    items_max,
    isCommon: isCommonFailure,
    write: (attempts) => engine.transact((tx) => begin(options, tx, attempts)),
  })
  const ending = createBatcher<EndedAttempt, undefined>({
    items_max,
    isCommon: isCommonFailure,
    write: (attempts) => engine.transact((tx) => end(options, tx, attempts)),
  })
  return {
    async begin(attempt) {
      const refusal = await beginning.add(attempt)
      if (refusal) throw refusal
    },
    end: (attempt) => ending.add(attempt),
    sweep: () =>
      engine.transact(async (tx) => {
        const lost = await attemptsStore.lose(tx, lost_max)
        await options.budgets.settle(
          tx,
          lost.map((attempt) => settlementOf(attempt, undefined)),
        )
      }),
  }
}

async function begin(
  { budgets, projects }: AccountingOptions,
  tx: EngineTx,
  attempts: readonly NewAttempt[],
): Promise<readonly (MusterError | undefined)[]> {
  const stopped = await projects.stops.inForce(tx, attempts.flatMap(stopScopes))
  const free = attempts.filter((attempt) => !stopScopes(attempt).some(({ id }) => stopped.has(id)))
  const calls = free.map((attempt) => ({
    ...attempt,
    call_id: attempt.id,
    cost_micro_usd: attempt.held_micro_usd,
    tokens: attempt.held_tokens,
  }))
  const refusals = calls.length > 0 ? await budgets.holdCalls(tx, calls) : new Map<string, Refusal>()
  const admitted = free.filter(({ id }) => !refusals.has(id))
  if (admitted.length > 0) await attemptsStore.insert(tx, admitted)
  return attempts.map((attempt) => {
    const refusal = refusals.get(attempt.id)
    if (refusal) return exceeded(refusal, attempt)
    return free.includes(attempt)
      ? undefined
      : new MusterError('stopped', 'An emergency stop is in force: no model is called.')
  })
}

async function end({ budgets }: AccountingOptions, tx: EngineTx, ended: readonly EndedAttempt[]): Promise<undefined[]> {
  // Of two endings of one attempt in a batch the first counts, as it would one after the other.
  const by_id = new Map([...ended].reverse().map((attempt) => [attempt.id, attempt]))
  const charged = await attemptsStore.end(tx, [...by_id.values()])
  const costs = (attempt: ChargedAttempt): boolean => {
    const { usage_known = false, cost_micro_usd = 0, charged_tokens = 0 } = by_id.get(attempt.id) ?? {}
    return !usage_known || cost_micro_usd > 0 || charged_tokens > 0
  }
  const free = charged.filter((attempt) => !costs(attempt))
  await budgets.settle(
    tx,
    charged.filter(costs).map((attempt) => settlementOf(attempt, by_id.get(attempt.id))),
  )
  await budgets.release(
    tx,
    free.map(({ organization_id, id }) => ({ organization_id, run_id: id })),
  )
  return ended.map(() => undefined)
}

/** Without a known usage the charge is what was held, whether or not a limit made anybody write the hold down. */
function settlementOf(attempt: ChargedAttempt, ended: EndedAttempt | undefined) {
  const { id, organization_id, project_id, goal_id, agent_id, held_micro_usd, held_tokens } = attempt
  const held = { cost_micro_usd: held_micro_usd, tokens: held_tokens }
  const usage = ended?.usage_known ? { cost_micro_usd: ended.cost_micro_usd, tokens: ended.charged_tokens } : undefined
  return {
    organization_id,
    project_id,
    goal_id,
    agent_id,
    run_id: id,
    task_id: null,
    source: 'call' as const,
    held,
    usage,
  }
}

function stopScopes({ organization_id, project_id, agent_id }: NewAttempt): readonly StopScope[] {
  const scopes: (StopScope | undefined)[] = [
    { organization_id, kind: 'organization', id: organization_id },
    project_id === null ? undefined : { organization_id, kind: 'project', id: project_id },
    agent_id === null ? undefined : { organization_id, kind: 'agent', id: agent_id },
  ]
  return scopes.filter((scope) => scope !== undefined)
}

function exceeded({ limit_id, scope_kind, scope_id }: Refusal, attempt: NewAttempt): MusterError {
  const { held_micro_usd, held_tokens } = attempt
  return new MusterError(
    'budget_exceeded',
    `The budget of the ${scope_kind} ${scope_id} has no room for this call, which may cost ${held_micro_usd} micro-USD and ${held_tokens} tokens at worst.`,
    { budget_id: limit_id, remedy: 'Ask for fewer output tokens, raise the budget, or wait until its window turns.' },
  )
}
