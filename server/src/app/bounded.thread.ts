/** The thread of bounded functions: those of all modules, and the parsing of large bodies. */

import { operations } from '@muster/contract/operations'
import { soulReading } from '../modules/agents/persona-file.ts'
import { offlineEmbeddings, offlineReply } from '../modules/gateway/adapters/offline.ts'
import { providerRequest } from '../modules/gateway/adapters/request-function.ts'
import { questionDigests } from '../modules/gateway/operations/question-keys.ts'
import { findingsFunction } from '../modules/judge/evaluation/findings.ts'
import { plannerFunctions } from '../modules/planner/evaluation/evaluations.ts'
import { policyPatterns } from '../modules/projects/policy-patterns.ts'
import { difference } from '../modules/state/difference-function.ts'
import { documentHash } from '../modules/state/presenting.service.ts'
import { textAtOf } from '../modules/tools/text/text-at.ts'
import { bodyFunction } from '../platform/http/body-function.ts'
import { misfit } from '../platform/json/misfit-function.ts'
import { serveFunctions } from '../platform/threads/serve-functions.ts'

serveFunctions([
  bodyFunction(operations),
  policyPatterns,
  soulReading,
  difference,
  documentHash,
  ...plannerFunctions,
  misfit,
  providerRequest,
  questionDigests,
  offlineReply,
  offlineEmbeddings,
  findingsFunction({ textAt: textAtOf }),
])
