import { parentPort } from 'node:worker_threads'
import { ready_message } from './thread-pool.ts'

/**
 * The entry of a pool's thread: answers each job, one after the other. `moved`: bytes of an answer that are moved, not
 * copied.
 */
export function serveJobs<Job, Answer>(
  answer: (job: Job) => Answer,
  transferListOf: (job: Job, answer: Answer) => readonly ArrayBuffer[] = () => [],
): void {
  parentPort?.on('message', (job: Job) => {
    const result = answer(job)
    parentPort?.postMessage(result, transferListOf(job, result))
  })
  parentPort?.postMessage(ready_message)
}
