/** A thread of the pool: runs one pure capability at a time and answers with its output or its error. */
import { serveJobs } from '../../platform/threads/serve-jobs.ts'
import type { Answer, Job } from './pool.types.ts'
import { pureCapabilities } from './registry.ts'
import { CapabilityError } from './tools.port.ts'

serveJobs(answer)

function answer({ capability, input, artifacts }: Job): Answer {
  try {
    const pure = pureCapabilities.get(capability)
    if (!pure) throw new CapabilityError('internal', `no capability ${capability} in the thread pool`)
    return { ok: true, output: pure.work(input, artifacts) }
  } catch (error) {
    if (error instanceof CapabilityError)
      return { ok: false, code: error.code, message: error.message, retryable: error.retryable }
    const message = error instanceof Error ? error.message : String(error)
    return { ok: false, code: 'internal', message, retryable: false }
  }
}
