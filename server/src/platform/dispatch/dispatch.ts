import { EventEmitter } from 'node:events'
import type { Tx } from '../db/db.ts'

export const queues = ['task_queue', 'review_queue', 'hitl_queue', 'journal'] as const
export type Queue = (typeof queues)[number]

/**
 * Hints that a queue has something (invariant 8): the database decides, a hint only saves the wait for the next look.
 * Announcements are delivered after the commit; a lost one delays work until the next look.
 */
export interface Dispatch {
  announce(tx: Tx, queue: Queue): void
  /** Wakes whoever waits on the queue in this process, now. */
  wake(queue: Queue): void
  /** Resolves at the next hint for the queue, or after `timeout_ms`, or when `signal` aborts. */
  next(queue: Queue, options: { readonly timeout_ms: number; readonly signal: AbortSignal }): Promise<void>
  /** Calls back at every hint. */
  listen(queue: Queue, onHint: () => void): Disposable
}

/** Dispatch inside one process; `relay` sends hints to other processes where there are any. */
export function createDispatch(relay?: (queue: Queue) => void): Dispatch {
  const hints = new EventEmitter()
  hints.setMaxListeners(0)
  const announcedQueues = new WeakMap<Tx, Set<Queue>>()

  const wake = (queue: Queue): void => void hints.emit(queue)

  return {
    announce(tx, queue) {
      const queues = announcedQueues.get(tx) ?? new Set()
      announcedQueues.set(tx, queues)
      if (queues.has(queue)) return
      queues.add(queue)
      tx.afterCommit(() => {
        wake(queue)
        relay?.(queue)
      })
    },
    wake,
    next(queue, { timeout_ms, signal }) {
      return new Promise((resolve) => {
        const finish = (): void => {
          clearTimeout(timer)
          hints.off(queue, finish)
          signal.removeEventListener('abort', finish)
          resolve()
        }
        const timer = setTimeout(finish, timeout_ms)
        hints.on(queue, finish)
        signal.addEventListener('abort', finish)
        if (signal.aborted) finish()
      })
    },
    listen(queue, onHint) {
      hints.on(queue, onHint)
      return { [Symbol.dispose]: () => void hints.off(queue, onHint) }
    },
  }
}
