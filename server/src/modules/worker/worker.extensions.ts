import { extensionPoint } from '../../platform/module/extension-point.ts'
import type { ResultJudge } from './worker.port.ts'

/**
 * Who judges results of runs and keeps the verdicts. Where none settles in this process, results wait in the review
 * queue.
 */
export const resultJudges = extensionPoint<ResultJudge>('worker.result_judges')
