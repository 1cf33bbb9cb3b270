import { offlineEmbeddings, offlineReply } from './adapters/offline/offline.ts'
import { offlineQuestion } from './adapters/offline/offline-question.ts'
import { providerRequest } from './adapters/request-function.ts'
import { questionDigests } from './cache/question-keys.ts'
import { tokenCount } from './operations/count-tokens.ts'

/** What the module lets the threads evaluate. */
export const gatewayFunctions = [
  providerRequest,
  questionDigests,
  offlineQuestion,
  offlineReply,
  offlineEmbeddings,
  tokenCount,
] as const
