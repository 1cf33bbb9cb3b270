/** A thread that does what the modules evaluate for callers. */
import { findingsFunction } from '../modules/judge/evaluation/findings.ts'
import { plannerFunctions } from '../modules/planner/evaluation/evaluations.ts'
import { textAtOf } from '../modules/tools/text/text-at.ts'
import { serveFunctions } from '../platform/threads/serve-functions.ts'

serveFunctions([...plannerFunctions, findingsFunction({ textAt: textAtOf })])
