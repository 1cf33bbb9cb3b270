import { extensionPoint } from '../../platform/extension-point.ts'
import type { ResultSettler } from './worker.port.ts'

/** How results of runs are settled where they come in. Without one they wait in the review queue. */
export const resultSettlers = extensionPoint<ResultSettler>('worker.result_settlers')
