import { type Bounded, createBounded } from '../platform/threads/bounded.ts'
import { startThreadWithHeap } from '../platform/threads/start-thread.ts'

/** Heap for inputs of callers, of which the largest have a few megabytes. */
const heap_mb = 512

/** Opens the threads of `bounded.thread.ts`; none runs before it is needed. */
export function openBounded(): Bounded & AsyncDisposable {
  return createBounded({ start: () => startThreadWithHeap('bounded', import.meta.url, heap_mb) })
}
