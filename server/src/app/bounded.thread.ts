/** A thread that does what the modules evaluate for callers. */

import { soulReading } from '../modules/agents/soul.ts'
import { offlineEmbeddings, offlineReply } from '../modules/gateway/adapters/offline.ts'
import { findingsFunction } from '../modules/judge/evaluation/findings.ts'
import { plannerFunctions } from '../modules/planner/evaluation/evaluations.ts'
import { policyPatterns } from '../modules/projects/policy-patterns.ts'
import { difference } from '../modules/state/difference-function.ts'
import { textAtOf } from '../modules/tools/text/text-at.ts'
import { misfit } from '../platform/json/misfit-function.ts'
import { serveFunctions } from '../platform/threads/serve-functions.ts'

serveFunctions([
  policyPatterns,
  soulReading,
  difference,
  ...plannerFunctions,
  misfit,
  offlineReply,
  offlineEmbeddings,
  findingsFunction({ textAt: textAtOf }),
])
