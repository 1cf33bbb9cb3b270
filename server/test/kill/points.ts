import '../../src/app/compose.ts'
import '../../src/app/services/work.ts'
import { killPointNames } from '../../src/platform/kill-points.ts'

/** The points of every module: loading the program names them. */
export const killPoints = killPointNames
