import { limits } from '@muster/contract/limits'
import { createBatcher } from '../../platform/batcher.ts'
import type { Engine } from '../../platform/db/db.ts'
import { isCommonFailure } from '../../platform/db/failures.ts'
import type { Journal } from '../../platform/journal/record.ts'
import type { BudgetsPort } from '../budgets/budgets.port.ts'
import type { PlannerPort } from '../planner/planner.port.ts'
import type { StatePort } from '../state/state.port.ts'
import { claim, type ClaimOptions } from './operations/claim.ts'
import type { Assignment } from './runtime.types.ts'
import type { RunResult, SettleOutcome, TaskKind, WorkerPort } from './worker.port.ts'
import { workerStore } from './worker.store.ts'

export interface WorkerParts {
  readonly engine: Engine
  readonly journal: Journal
  readonly budgets: BudgetsPort
  readonly planner: PlannerPort
  readonly state: StatePort
}

export interface Worker extends WorkerPort {
  claim(options: ClaimOptions): Promise<Assignment[]>
  /** Hands a result in; it is written with whatever else arrives meanwhile. */
  settle(result: RunResult): Promise<SettleOutcome>
  /** Registers how results of a kind of task are settled. */
  register(kind: TaskKind): void
}

export function createWorker(parts: WorkerParts): Worker {
  let kind: TaskKind | undefined

  const batcher = createBatcher<RunResult, SettleOutcome>({
    items_max: limits.claim_max,
    isCommon: isCommonFailure,
    write: (results) => parts.engine.transact(async (tx) => (await kind?.settle(tx, results)) ?? []),
  })

  return {
    claim: (options) => parts.engine.transact((tx) => claim(parts, tx, options)),
    settle: (result) => batcher.add(result),
    register(given) {
      kind = given
    },
    endRuns: async (tx, ended) => new Set(await workerStore.end(tx, ended)),
    keepOutputs: (tx, outputs) => workerStore.keepOutputs(tx, outputs),
  }
}
