import type { Engine, EngineTx } from '../../platform/db/db.ts'
import type { RequestTransactions } from '../../platform/db/request-transactions.ts'
import type { RunResult } from '../worker/worker.port.ts'
import { createByHand } from './by-hand.service.ts'
import { findingsFunction } from './evaluation/findings.ts'
import { type ExamineDeps, examine } from './examine.service.ts'
import { resultSubject } from './operations/approved.ts'
import { reviewWaiting } from './operations/review.ts'
import { type ScoreDeps, scoreWorker } from './operations/score.ts'
import { type JudgeDeps, settleResults } from './operations/settle.ts'
import { createVerdicts } from './verdicts.service.ts'

export interface JudgeServiceDeps
  extends Omit<JudgeDeps, 'examine' | 'artifacts'>,
    Omit<ExamineDeps, 'artifacts' | 'findings'>,
    Pick<ScoreDeps, 'gateway' | 'log'> {
  readonly artifacts: JudgeDeps['artifacts'] & ExamineDeps['artifacts']
  readonly engine: Engine
  readonly transactions: RequestTransactions
}

/** Judges results as they arrive, from the review queue, and by hand. */
export function createJudge(serviceDeps: JudgeServiceDeps) {
  const examineDeps = { ...serviceDeps, findings: findingsFunction(serviceDeps.tools) }
  const deps: JudgeDeps = { ...serviceDeps, examine: (tx, admittedResult) => examine(examineDeps, tx, admittedResult) }
  return {
    settle: (tx: EngineTx, results: readonly RunResult[]) => settleResults(deps, tx, results),
    subject: resultSubject(deps),
    ...createByHand(deps, serviceDeps.transactions),
    ...createVerdicts(serviceDeps),
    /** Scores results that wait for rubrics. */
    scoring: scoreWorker({ ...serviceDeps, ...deps }),
    /** Judges results of the review queue; returns how many. */
    review: () => serviceDeps.engine.transact((tx) => reviewWaiting(deps, tx)),
  }
}

export type Judge = ReturnType<typeof createJudge>
