import { type Bounded, createBounded } from '../platform/threads/bounded.ts'
import { startThreadWithHeap } from '../platform/threads.ts'

/** For what callers write: the largest of it has a few megabytes. */
const heap_mb = 512

/** The threads that do what `bounded.thread.ts` lists; none runs before it is needed. */
export function openBounded(): Bounded & AsyncDisposable {
  return createBounded({ start: () => startThreadWithHeap('bounded', import.meta.url, heap_mb) })
}
