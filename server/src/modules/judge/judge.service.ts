import type { Engine } from '../../platform/db/db.ts'
import type { RequestTransactions } from '../../platform/db/request-transactions.ts'
import type { TaskKind } from '../worker/worker.port.ts'
import { createByHand } from './by-hand.service.ts'
import { findingsFunction } from './evaluation/findings.ts'
import { type ExamineParts, examine } from './examine.service.ts'
import { resultSubject } from './operations/approved.ts'
import { reviewWaiting } from './operations/review.ts'
import { type ScoreParts, scoreWaiting } from './operations/score.ts'
import { type JudgeParts, settleResults } from './operations/settle.ts'
import { createVerdicts } from './verdicts.service.ts'

export interface JudgeServiceParts
  extends Omit<JudgeParts, 'examine' | 'artifacts'>,
    Omit<ExamineParts, 'artifacts' | 'findings'>,
    Pick<ScoreParts, 'gateway'> {
  readonly artifacts: JudgeParts['artifacts'] & ExamineParts['artifacts']
  readonly engine: Engine
  readonly transactions: RequestTransactions
}

/** Judges results where they come in, from the queue, and by hand. */
export function createJudge(given: JudgeServiceParts) {
  const examining = { ...given, findings: findingsFunction(given.tools) }
  const parts: JudgeParts = { ...given, examine: (tx, examined) => examine(examining, tx, examined) }
  const kind: TaskKind = { kind: 'work', settle: (tx, results) => settleResults(parts, tx, results) }
  return {
    kind,
    subject: resultSubject(parts),
    ...createByHand(parts, given.transactions),
    ...createVerdicts(given),
    /** Scores what waits for rubrics, until nothing is left. */
    score: (signal: AbortSignal) => scoreWaiting({ ...given, ...parts }, signal),
    /** Judges what waits in the review queue; says how many results it took. */
    review: () => given.engine.transact((tx) => reviewWaiting(parts, tx)),
  }
}

export type Judge = ReturnType<typeof createJudge>
