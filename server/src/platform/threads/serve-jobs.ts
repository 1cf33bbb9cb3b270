import { parentPort } from 'node:worker_threads'
import { ready_message } from './thread-pool.ts'

/** In the entry of a pool's thread: answers each job, one after the other. */
export function serveJobs<Job, Answer>(answer: (job: Job) => Answer): void {
  parentPort?.on('message', (job: Job) => parentPort?.postMessage(answer(job)))
  parentPort?.postMessage(ready_message)
}
