/** A thread of the pool: does the pure work of one capability at a time and answers with its output or its error. */
import { parentPort } from 'node:worker_threads'
import type { Answer, Job } from './pool.types.ts'
import { pureCapabilities } from './registry.ts'
import { CapabilityError } from './tools.port.ts'

parentPort?.on('message', (job: Job) => {
  parentPort?.postMessage(answer(job))
})

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
